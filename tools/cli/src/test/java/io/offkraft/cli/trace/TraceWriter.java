// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.trace;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/** Writes traces for tests, right or wrong: the header's counts can be set against the records. */
public final class TraceWriter {
    private static final int HEADER_BYTES = 24;
    private static final int RECORD_BYTES = 16;

    private final ByteArrayOutputStream records = new ByteArrayOutputStream();
    private String magic = "CKTRACE1";
    private int threads = 1;
    private int thread;
    private int allocations;
    private int objectsClaimed = -1;
    private long recordsClaimed = -1;

    /** Makes the following records thread {@code number}'s, and the header's count large enough. */
    public TraceWriter thread(int number) {
        thread = number;
        threads = Math.max(threads, number + 1);
        return this;
    }

    /** Appends an allocation of the next object. */
    public TraceWriter malloc(long size) {
        return record(1, 0, thread, allocations++, size);
    }

    /** Appends an aligned allocation of the next object. */
    public TraceWriter memalign(int alignLog2, long size) {
        return record(1, alignLog2, thread, allocations++, size);
    }

    /** Appends a zeroed allocation of the next object. */
    public TraceWriter calloc(long size) {
        return record(2, 0, thread, allocations++, size);
    }

    /** Appends a free. */
    public TraceWriter free(int object) {
        return record(3, 0, thread, object, 0);
    }

    /** Appends a realloc. */
    public TraceWriter realloc(int object, long size) {
        return record(4, 0, thread, object, size);
    }

    /** Appends any record at all. */
    public TraceWriter record(int operation, int alignLog2, int thread, int object, long size) {
        ByteBuffer bytes = ByteBuffer.allocate(RECORD_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put((byte) operation).put((byte) alignLog2).putShort((short) thread);
        bytes.putInt(object).putLong(size);
        records.writeBytes(bytes.array());
        return this;
    }

    /** Appends bytes that are not a whole record. */
    public TraceWriter junk(int count) {
        records.writeBytes(new byte[count]);
        return this;
    }

    public TraceWriter magic(String value) {
        magic = value;
        return this;
    }

    public TraceWriter threadsClaimed(int count) {
        threads = count;
        return this;
    }

    public TraceWriter objectsClaimed(int count) {
        objectsClaimed = count;
        return this;
    }

    public TraceWriter recordsClaimed(long count) {
        recordsClaimed = count;
        return this;
    }

    /** Returns the file's content before compression. */
    public byte[] bytes() {
        long count = recordsClaimed == -1 ? records.size() / RECORD_BYTES : recordsClaimed;
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        header.put(magic.getBytes(StandardCharsets.US_ASCII)).putInt(threads);
        header.putInt(objectsClaimed == -1 ? allocations : objectsClaimed).putLong(count);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(header.array());
        all.writeBytes(records.toByteArray());
        return all.toByteArray();
    }

    /** Returns the file's content. */
    public byte[] gzip() {
        return gzip(bytes());
    }

    /** Returns {@code content} compressed. */
    public static byte[] gzip(byte[] content) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(packed)) {
            out.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }

    /** Writes the file and returns it. */
    public Path to(Path file) {
        try {
            return Files.write(file, gzip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes the file and reads it as a trace. */
    public Trace read(Path folder) {
        try {
            return TraceReader.read(to(folder.resolve("test.ckt.gz")));
        } catch (TraceFormatException e) {
            throw new AssertionError(e);
        }
    }
}
