// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.fuzz;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.zip.GZIPOutputStream;

/** A small valid trace and what may befall it on its way, by a seed. */
final class Mutations {
    private static final int HEADER_BYTES = 24;
    private static final int RECORD_BYTES = 16;
    private static final int RECORDS = 12;
    private static final long[] EDGES = {
        0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF_FFFFL, 0x8000_0000L, 0xFFFF_FFFFL, 1L << 47, -1, 1L << 63
    };

    private final SplittableRandom random;

    Mutations(long seed) {
        this.random = new SplittableRandom(seed);
    }

    /** Returns a file that is a trace but for up to four mutations, before or after compression. */
    byte[] next() {
        byte[] content = validTrace();
        int before = random.nextInt(4);
        for (int mutation = 0; mutation < before; mutation++) {
            content = mutated(content);
        }
        byte[] packed = gzip(content);
        int after = random.nextInt(3) == 0 ? 1 + random.nextInt(2) : 0;
        for (int mutation = 0; mutation < after; mutation++) {
            packed = mutated(packed);
        }
        return packed;
    }

    /** Allocates 6 objects on 2 threads, resizes and frees some. */
    static byte[] validTrace() {
        ByteBuffer trace =
                ByteBuffer.allocate(HEADER_BYTES + RECORDS * RECORD_BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN);
        trace.put("CKTRACE1".getBytes(StandardCharsets.US_ASCII));
        trace.putInt(2).putInt(6).putLong(RECORDS);
        for (int object = 0; object < 6; object++) {
            record(trace, 1 + object % 2, object % 2 == 0 ? object : 0, object, 100L << object);
        }
        record(trace, 4, 0, 1, 5000);
        record(trace, 3, 0, 0, 0);
        record(trace, 4, 0, 2, 0);
        record(trace, 3, 0, 5, 0);
        record(trace, 3, 0, 1, 0);
        record(trace, 3, 0, 2, 0);
        return trace.array();
    }

    static byte[] gzip(byte[] content) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(packed)) {
            out.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }

    private static void record(
            ByteBuffer trace, int operation, int alignLog2, int object, long size) {
        trace.put((byte) operation).put((byte) alignLog2).putShort((short) (object % 2));
        trace.putInt(object).putLong(size);
    }

    private byte[] mutated(byte[] bytes) {
        if (bytes.length == 0) {
            return bytes;
        }
        int at = random.nextInt(bytes.length);
        return switch (random.nextInt(7)) {
            case 0 -> withByte(bytes, at, (byte) (bytes[at] ^ 1 << random.nextInt(8)));
            case 1 -> withByte(bytes, at, (byte) random.nextInt(256));
            case 2 -> Arrays.copyOf(bytes, at);
            case 3 -> Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(40));
            case 4 -> withRecordRepeated(bytes, at);
            default -> withEdge(bytes, at);
        };
    }

    private static byte[] withByte(byte[] bytes, int at, byte value) {
        byte[] changed = bytes.clone();
        changed[at] = value;
        return changed;
    }

    /** Copies a record, or what lies where one would, over another. */
    private byte[] withRecordRepeated(byte[] bytes, int at) {
        byte[] changed = bytes.clone();
        int from = random.nextInt(bytes.length) / RECORD_BYTES * RECORD_BYTES + 8;
        int to = at / RECORD_BYTES * RECORD_BYTES + 8;
        int length = Math.min(RECORD_BYTES, bytes.length - Math.max(from, to));
        if (length > 0) {
            System.arraycopy(bytes, from, changed, to, length);
        }
        return changed;
    }

    /** Puts a number that breaks programs where a field of 2, 4 or 8 bytes may be. */
    private byte[] withEdge(byte[] bytes, int at) {
        byte[] changed = bytes.clone();
        int width = 2 << random.nextInt(3);
        int offset = at / width * width;
        if (offset + width <= bytes.length) {
            long edge = EDGES[random.nextInt(EDGES.length)];
            ByteBuffer target = ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN);
            for (int index = 0; index < width; index++) {
                target.put(offset + index, (byte) (edge >>> (8 * index)));
            }
        }
        return changed;
    }
}
