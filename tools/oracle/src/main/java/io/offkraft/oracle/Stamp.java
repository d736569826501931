// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.oracle;

import io.offkraft.word.RawMemory;

/**
 * A pattern written over the whole of a block, from which its owner and the offset of every byte
 * can be told.
 *
 * <p>The pattern of byte {@code o} of object {@code id} is a byte of a mixed function of both, so
 * content that was overwritten, moved by a few bytes, taken from another block or cut short does
 * not pass for the object's own.
 *
 * <p><b>Thread safety:</b> stateless; a block is stamped and checked by the thread that owns it.
 *
 * <p><b>Failure:</b> memory is reached unchecked, as {@link RawMemory} says: the whole block must
 * be accessible.
 */
public final class Stamp {
    /** What the checks return if all is as it should be. */
    public static final long INTACT = -1;

    private static final int WORD_SHIFT = 3;
    private static final long WORD_BYTES = 1L << WORD_SHIFT;

    private Stamp() {}

    /** Returns the byte that belongs at {@code offset} of a block of object {@code id}. */
    public static byte expectedByte(int id, long offset) {
        return byteOf(word(id, offset >>> WORD_SHIFT), offset);
    }

    /** Stamps bytes {@code [from, to)} of the block at {@code address} for object {@code id}. */
    public static void fill(long address, long from, long to, int id) {
        long offset = from;
        if ((address & (WORD_BYTES - 1)) == 0) {
            long wordsFrom = Math.min(to, (from + WORD_BYTES - 1) & -WORD_BYTES);
            offset = fillBytes(address, offset, wordsFrom, id);
            for (; offset <= to - WORD_BYTES; offset += WORD_BYTES) {
                RawMemory.storeLongPlain(address + offset, word(id, offset >>> WORD_SHIFT));
            }
        }
        fillBytes(address, offset, to, id);
    }

    /**
     * Returns the first offset in {@code [0, bytes)} of the block at {@code address} that does not
     * hold object {@code id}'s pattern, or {@link #INTACT}.
     */
    public static long firstMismatch(long address, long bytes, int id) {
        long offset = 0;
        if ((address & (WORD_BYTES - 1)) == 0) {
            while (offset <= bytes - WORD_BYTES
                    && RawMemory.loadLongPlain(address + offset)
                            == word(id, offset >>> WORD_SHIFT)) {
                offset += WORD_BYTES;
            }
        }
        while (offset < bytes) {
            if (RawMemory.loadBytePlain(address + offset) != expectedByte(id, offset)) {
                return offset;
            }
            offset++;
        }
        return INTACT;
    }

    /**
     * Returns the first offset in {@code [0, bytes)} of the block whose byte is not zero, or {@link
     * #INTACT}.
     */
    public static long firstNonZero(long address, long bytes) {
        long offset = 0;
        if ((address & (WORD_BYTES - 1)) == 0) {
            while (offset <= bytes - WORD_BYTES && RawMemory.loadLongPlain(address + offset) == 0) {
                offset += WORD_BYTES;
            }
        }
        while (offset < bytes) {
            if (RawMemory.loadBytePlain(address + offset) != 0) {
                return offset;
            }
            offset++;
        }
        return INTACT;
    }

    private static long fillBytes(long address, long from, long to, int id) {
        for (long offset = from; offset < to; offset++) {
            RawMemory.storeBytePlain(address + offset, expectedByte(id, offset));
        }
        return Math.max(from, to);
    }

    /** Returns the byte at {@code offset} of {@code word} as memory holds it, lowest first. */
    private static byte byteOf(long word, long offset) {
        return (byte) (word >>> ((offset & (WORD_BYTES - 1)) << 3));
    }

    /**
     * Mixes both numbers so that neighbouring words and neighbouring objects share no byte but by
     * chance.
     */
    private static long word(int id, long index) {
        long mixed = (id + 1L) * 0x9E3779B97F4A7C15L + index * 0xD1B54A32D192ED03L;
        mixed ^= mixed >>> 32;
        mixed *= 0xBF58476D1CE4E5B9L;
        return mixed ^ mixed >>> 29;
    }
}
