// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import static io.offkraft.word.RawMemory.casLongAcqRel;
import static io.offkraft.word.RawMemory.loadLongAcquire;
import static io.offkraft.word.RawMemory.storeLongRelease;

/**
 * A bit a page, set while the page is taken, in words that are changed by compare-and-set.
 *
 * <p>Pages are numbered from the first chunk's first on. A chunk has whole words: those of less
 * than 64 pages use the low end of one.
 *
 * <p><b>Thread safety:</b> any thread. <b>Progress:</b> lock-free. <b>Memory effects:</b> clearing
 * a bit releases, setting it acquires: what was done before a page was given back is visible to who
 * takes it.
 */
final class PageBits {
    private static final int MAX_SHIFT = 6;

    /** Bits at multiples of 2^index. */
    private static final long[] ALIGNED = {
        -1L,
        0x5555_5555_5555_5555L,
        0x1111_1111_1111_1111L,
        0x0101_0101_0101_0101L,
        0x0001_0001_0001_0001L,
        0x0000_0001_0000_0001L,
        1L
    };

    private final long address;
    private final int chunkOrder;

    /** Log2 of the pages in a word. */
    private final int shift;

    /** The bits of a word that stand for no page. */
    private final long unused;

    PageBits(long address, int chunkOrder) {
        this.address = address;
        this.chunkOrder = chunkOrder;
        shift = Math.min(chunkOrder, MAX_SHIFT);
        unused = shift == MAX_SHIFT ? 0 : -1L << (1 << shift);
    }

    /** Returns the bytes for so many chunks. */
    static long bytes(long chunks, int chunkOrder) {
        return (chunks << chunkOrder >>> Math.min(chunkOrder, MAX_SHIFT)) * Long.BYTES;
    }

    boolean isTaken(long page) {
        return (loadLongAcquire(wordAddress(page)) >>> bit(page) & 1) != 0;
    }

    /** Returns whether no page of {@code [start, end)} is taken. */
    boolean areFree(long start, long end) {
        for (long page = start; page < end; page = next(page)) {
            if ((loadLongAcquire(wordAddress(page)) & mask(page, end)) != 0) {
                return false;
            }
        }
        return true;
    }

    /** Returns how many pages of a chunk are taken. */
    long taken(long chunk) {
        long count = 0;
        for (long page = chunk << chunkOrder; page < (chunk + 1) << chunkOrder; page = next(page)) {
            count += Long.bitCount(loadLongAcquire(wordAddress(page)));
        }
        return count;
    }

    /**
     * Returns the first page of the lowest run of {@code pages} free pages of the chunk that begins
     * at a multiple of 2^{@code align}, or -1; both are at most what the chunk has.
     */
    long findOrMinus1(long chunk, long pages, int align) {
        long end = (chunk + 1) << chunkOrder;
        if (pages > 1L << shift || align > shift) {
            return findLongOrMinus1(chunk << chunkOrder, end, pages, align);
        }
        for (long page = chunk << chunkOrder; page < end; page = next(page)) {
            long taken = loadLongAcquire(wordAddress(page)) | unused;
            if (taken != -1) {
                int position = position((int) pages, align, ~taken);
                if (position < Long.SIZE) {
                    return page + position;
                }
            }
        }
        return -1;
    }

    private long findLongOrMinus1(long start, long end, long pages, int align) {
        long stride = 1L << Math.max(align, shift);
        for (long page = start; page + pages <= end; page += stride) {
            if (areFree(page, page + pages)) {
                return page;
            }
        }
        return -1;
    }

    /** Returns the lowest multiple of 2^align from which on so many bits are set, or 64. */
    private static int position(int pages, int align, long free) {
        long runs = free; // bit p: the bits from p on, as many as length says, are set
        for (int length = 1; length < pages; ) {
            int more = Math.min(length, pages - length);
            runs &= runs >>> more;
            length += more;
        }
        return Long.numberOfTrailingZeros(runs & ALIGNED[align]);
    }

    /**
     * Takes up to {@code most} of the lowest free pages that share a word with {@code page}.
     *
     * @return the bits that were set; page n of the word at bit n
     */
    long takeLowest(long page, long most) {
        long word = wordAddress(page);
        for (; ; ) {
            long taken = loadLongAcquire(word);
            long free = ~(taken | unused);
            if (free == 0) {
                return 0;
            }
            long mine = 0;
            for (long n = 0; n < most && free != 0; n++) {
                mine |= free & -free;
                free &= free - 1;
            }
            // acquire-release: pairs with the compare-and-set in release; their pages are ours
            if (casLongAcqRel(word, taken, taken | mine)) {
                return mine;
            }
        }
    }

    /**
     * Takes the lowest free page of a chunk.
     *
     * @return the page; or -1 if none was seen: others may have taken and given back meanwhile
     */
    long takeLowestOrMinus1(long chunk) {
        long first = chunk << chunkOrder;
        long word = wordAddress(first);
        long end = wordAddress((chunk + 1) << chunkOrder);
        for (; word < end; word += Long.BYTES) {
            for (long taken = loadLongAcquire(word); (taken | unused) != -1; ) {
                long bit = Long.lowestOneBit(~taken); // pages come below what is unused
                // acquire-release: pairs with the compare-and-set in release; the page is ours
                if (casLongAcqRel(word, taken, taken | bit)) {
                    return first
                            + (((word - wordAddress(first)) / Long.BYTES) << shift)
                            + Long.numberOfTrailingZeros(bit);
                }
                taken = loadLongAcquire(word);
            }
        }
        return -1;
    }

    /**
     * Takes exactly {@code [start, end)}, the lowest word first.
     *
     * @return whether all were free; if not, nothing is taken
     */
    boolean tryTake(long start, long end) {
        for (long page = start; page < end; page = next(page)) {
            if (!tryTakeWord(wordAddress(page), mask(page, end))) {
                release(start, page); // what lies before the word that failed, and nothing of it
                return false;
            }
        }
        return true;
    }

    private static boolean tryTakeWord(long word, long mask) {
        for (; ; ) {
            long taken = loadLongAcquire(word);
            if ((taken & mask) != 0) {
                return false;
            }
            // acquire-release: pairs with the compare-and-set in release
            if (casLongAcqRel(word, taken, taken | mask)) {
                return true;
            }
        }
    }

    /** Gives back {@code [start, end)}, which the caller has. */
    void release(long start, long end) {
        if (end - start == 1) {
            releaseMask(start, 1L << bit(start));
            return;
        }
        for (long page = start; page < end; page = next(page)) {
            long word = wordAddress(page);
            long mask = mask(page, end);
            long taken = loadLongAcquire(word);
            // acquire-release: publishes what was done with the pages to who takes them
            while (!casLongAcqRel(word, taken, taken & ~mask)) {
                taken = loadLongAcquire(word);
            }
            assert (taken & mask) == mask : page;
        }
    }

    /** Marks {@code [start, end)} of a chunk that the caller holds, none of whose bits is set. */
    void mark(long start, long end) {
        for (long page = start; page < end; page = next(page)) {
            long word = wordAddress(page);
            // release: nobody else writes the word before the chunk's own word is released
            storeLongRelease(word, loadLongAcquire(word) | mask(page, end));
        }
    }

    /** Returns the free pages of a word, page n of it at bit n. */
    long freeOf(long page) {
        return ~(loadLongAcquire(wordAddress(page)) | unused);
    }

    /** Takes exactly the pages of {@code mask}, all of one word; returns whether it did. */
    boolean tryTakeMask(long page, long mask) {
        return tryTakeWord(wordAddress(page), mask);
    }

    /** Gives back the pages of {@code mask}, which the caller has. */
    void releaseMask(long page, long mask) {
        long word = wordAddress(page);
        long taken = loadLongAcquire(word);
        // acquire-release: as in release
        while (!casLongAcqRel(word, taken, taken & ~mask)) {
            taken = loadLongAcquire(word);
        }
        assert (taken & mask) == mask : page;
    }

    /** Returns the first page of the word that {@code page} lies in. */
    long wordStart(long page) {
        return page & (-1L << shift);
    }

    /** Returns the first page of the word behind that of {@code page}. */
    long next(long page) {
        return ((page >>> shift) + 1) << shift;
    }

    private long wordAddress(long page) {
        return address + (page >>> shift) * Long.BYTES;
    }

    private int bit(long page) {
        return (int) (page & ((1L << shift) - 1));
    }

    /** The bits of the word of {@code page} from it on, as far as {@code end}. */
    private long mask(long page, long end) {
        long pages = Math.min(next(page), end) - page;
        return (pages == Long.SIZE ? -1L : (1L << pages) - 1) << bit(page);
    }
}
