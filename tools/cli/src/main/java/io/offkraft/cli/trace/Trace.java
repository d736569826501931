// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.trace;

import java.nio.file.Path;

/**
 * The allocator calls of a program in one order over all its threads, checked and in memory.
 *
 * <p>Every trace makes sense: threads and objects are in range, objects are numbered in order of
 * allocation, and each is allocated once, then reallocated any number of times, then freed at most
 * once.
 *
 * <p><b>Thread safety:</b> immutable.
 */
public final class Trace {
    /**
     * Bits of the largest size, and of the most bytes that may be live at once: an address space.
     */
    public static final int MAX_SIZE_BITS = 47;

    /** The largest alignment has this log2: 1 GiB, the largest page. */
    public static final int MAX_ALIGN_LOG2 = 30;

    private final Path file;
    private final int threads;
    private final int objects;
    private final long peakLiveBytes;
    private final RecordColumns columns;

    Trace(Path file, int threads, int objects, long peakLiveBytes, RecordColumns columns) {
        this.file = file;
        this.threads = threads;
        this.objects = objects;
        this.peakLiveBytes = peakLiveBytes;
        this.columns = columns;
    }

    /**
     * Returns the trace as it would be if the program had been stopped after {@code records} calls,
     * or all of it if it made fewer. It says nothing of its own of {@link #objects()} and {@link
     * #peakLiveBytes()}.
     */
    public Trace first(int records) {
        return records >= records()
                ? this
                : new Trace(file, threads, objects, peakLiveBytes, columns.first(records));
    }

    /** Returns the file it was read from. */
    public Path file() {
        return file;
    }

    /** Returns the number of threads of the program; some may have made no call. At most 65 536. */
    public int threads() {
        return threads;
    }

    /** Returns the number of objects, which is the number of allocations. */
    public int objects() {
        return objects;
    }

    /** Returns the number of records, at least 1. */
    public int records() {
        return columns.count();
    }

    /**
     * Returns the largest sum, over the file's order, of the sizes asked for of all live objects.
     */
    public long peakLiveBytes() {
        return peakLiveBytes;
    }

    /** Returns the operation of {@code record}, which is in [0, {@link #records()}). */
    public Operation operation(int record) {
        return Operation.of(columns.operation(record));
    }

    /** Returns log2 of the alignment asked for, or 0 if none was. */
    public int alignLog2(int record) {
        return columns.alignLog2(record);
    }

    /** Returns the thread that made the call. */
    public int thread(int record) {
        return columns.thread(record);
    }

    /** Returns the object the call was about. */
    public int object(int record) {
        return columns.object(record);
    }

    /** Returns the bytes asked for; 0 for a free. */
    public long sizeBytes(int record) {
        return columns.sizeBytes(record);
    }

    /**
     * Returns the call as a user would write it: {@code memalign(64, 100)}, {@code realloc to 12
     * bytes}.
     */
    public String describe(int record) {
        long size = sizeBytes(record);
        return switch (operation(record)) {
            case MALLOC ->
                    alignLog2(record) == 0
                            ? "malloc of " + size + " bytes"
                            : "memalign of " + size + " bytes at " + (1L << alignLog2(record));
            case CALLOC -> "calloc of " + size + " bytes";
            case FREE -> "free";
            case REALLOC -> "realloc to " + size + " bytes";
        };
    }
}
