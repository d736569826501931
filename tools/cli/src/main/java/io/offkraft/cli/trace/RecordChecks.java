// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.trace;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * Follows the objects of a trace through their lives and rejects the record that makes no sense.
 *
 * <p>Objects are numbered in order of allocation, so the tables grow by one object an allocation,
 * whatever number a hostile record names.
 */
final class RecordChecks {
    private static final long FREED = -1;
    private static final long MAX_BYTES = 1L << Trace.MAX_SIZE_BITS;

    private final Path file;
    private final int threads;
    private final int objects;

    private long[] liveSizes = new long[1 << 10];
    private int[] lastRecords = new int[1 << 10];
    private int allocated;
    private long liveBytes;
    private long peakLiveBytes;

    RecordChecks(Path file, int threads, int objects) {
        this.file = file;
        this.threads = threads;
        this.objects = objects;
    }

    /** Takes the next record, its numbers read as unsigned. */
    void accept(int record, int operation, int alignLog2, int thread, int object, long sizeBytes)
            throws TraceFormatException {
        if (!Operation.isCode(operation)) {
            throw wrong(
                    record,
                    "operation %d; 1 is malloc, 2 calloc, 3 free, 4 realloc".formatted(operation));
        }
        if (thread >= threads) {
            throw wrong(
                    record,
                    "thread %d is out of range; the header allows 0 to %d"
                            .formatted(thread, threads - 1));
        }
        if (Integer.compareUnsigned(object, objects) >= 0) {
            throw wrong(
                    record,
                    "object %s is out of range; the header allows 0 to %d"
                            .formatted(Integer.toUnsignedString(object), objects - 1));
        }
        if (Long.compareUnsigned(sizeBytes, MAX_BYTES) > 0) {
            throw wrong(
                    record,
                    "%s bytes; no more than 2^%d can be asked for"
                            .formatted(Long.toUnsignedString(sizeBytes), Trace.MAX_SIZE_BITS));
        }
        checkAlignment(record, Operation.of(operation), alignLog2);
        follow(record, Operation.of(operation), object, sizeBytes);
    }

    /** Takes the end of the records. */
    void finish() throws TraceFormatException {
        if (allocated != objects) {
            throw TraceFormatException.ofHeader(
                    file, "%d objects, but the records allocate %d".formatted(objects, allocated));
        }
    }

    long peakLiveBytes() {
        return peakLiveBytes;
    }

    private void checkAlignment(int record, Operation operation, int alignLog2)
            throws TraceFormatException {
        if (alignLog2 > Trace.MAX_ALIGN_LOG2) {
            throw wrong(
                    record,
                    "alignment 2^%d is out of range; at most 2^%d can be asked for"
                            .formatted(alignLog2, Trace.MAX_ALIGN_LOG2));
        }
        if (alignLog2 != 0 && operation != Operation.MALLOC) {
            throw wrong(
                    record,
                    "a %s asks for alignment 2^%d; only operation 1 can"
                            .formatted(name(operation), alignLog2));
        }
    }

    private void follow(int record, Operation operation, int object, long sizeBytes)
            throws TraceFormatException {
        switch (operation) {
            case MALLOC, CALLOC -> allocate(record, object, sizeBytes);
            case REALLOC -> {
                requireLive(record, "realloc", object);
                resize(record, object, sizeBytes);
            }
            case FREE -> {
                requireLive(record, "free", object);
                if (sizeBytes != 0) {
                    throw wrong(record, "a free gives size %d; it has none".formatted(sizeBytes));
                }
                resize(record, object, 0);
                liveSizes[object] = FREED;
            }
        }
    }

    private void allocate(int record, int object, long sizeBytes) throws TraceFormatException {
        if (object < allocated) {
            throw wrong(
                    record,
                    "object %d is allocated again; record %d used it last"
                            .formatted(object, lastRecords[object]));
        }
        if (object != allocated) {
            throw wrong(
                    record,
                    "object %d is allocated out of order; the next new object is %d"
                            .formatted(object, allocated));
        }
        if (allocated == liveSizes.length) {
            int capacity = (int) Math.min(2L * allocated, TraceReader.MAX_RECORDS);
            liveSizes = Arrays.copyOf(liveSizes, capacity);
            lastRecords = Arrays.copyOf(lastRecords, capacity);
        }
        liveSizes[object] = 0;
        allocated++;
        resize(record, object, sizeBytes);
    }

    private void requireLive(int record, String call, int object) throws TraceFormatException {
        if (object >= allocated) {
            throw wrong(record, "%s of object %d before its allocation".formatted(call, object));
        }
        if (liveSizes[object] == FREED) {
            throw wrong(
                    record,
                    "%s of object %d, which record %d freed"
                            .formatted(
                                    call.equals("free") ? "second free" : call,
                                    object,
                                    lastRecords[object]));
        }
    }

    private void resize(int record, int object, long sizeBytes) throws TraceFormatException {
        liveBytes += sizeBytes - liveSizes[object];
        if (liveBytes > MAX_BYTES) {
            throw wrong(
                    record,
                    "%d bytes are live; an address space holds 2^%d"
                            .formatted(liveBytes, Trace.MAX_SIZE_BITS));
        }
        peakLiveBytes = Math.max(peakLiveBytes, liveBytes);
        liveSizes[object] = sizeBytes;
        lastRecords[object] = record;
    }

    private static String name(Operation operation) {
        return operation.name().toLowerCase(Locale.ROOT);
    }

    private TraceFormatException wrong(int record, String problem) {
        return TraceFormatException.ofRecord(file, record, problem);
    }
}
