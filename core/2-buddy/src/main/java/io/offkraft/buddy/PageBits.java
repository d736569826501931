// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import static io.offkraft.word.RawMemory.casIntAcqRel;
import static io.offkraft.word.RawMemory.casLongAcqRel;
import static io.offkraft.word.RawMemory.loadIntAcquire;
import static io.offkraft.word.RawMemory.loadLongAcquire;
import static io.offkraft.word.RawMemory.storeLongRelease;

/**
 * The {@link PageWord}s of a region.
 *
 * <p>Pages are numbered from the first chunk's first on. A chunk has whole words: those of less
 * than 32 pages use the low end of one.
 *
 * <p><b>Thread safety:</b> any thread. <b>Progress:</b> lock-free. <b>Memory effects:</b> clearing
 * a bit releases, setting it acquires: what was done before a page was given back is visible to who
 * takes it.
 */
final class PageBits {
    private final long address;
    private final int chunkOrder;

    /** How often the count of a word came round, an int each. */
    private final long roundsAddress;

    /** Log2 of the pages in a word. */
    private final int shift;

    /** The bits of a word that stand for pages. */
    private final long used;

    PageBits(long address, long chunks, int chunkOrder) {
        this.address = address;
        this.chunkOrder = chunkOrder;
        shift = shift(chunkOrder);
        used = (1L << (1 << shift)) - 1;
        roundsAddress = address + words(chunks, chunkOrder) * Long.BYTES;
    }

    private static int shift(int chunkOrder) {
        return Math.min(chunkOrder, PageWord.SHIFT);
    }

    private static long words(long chunks, int chunkOrder) {
        return chunks << chunkOrder >>> shift(chunkOrder);
    }

    /** Returns the bytes for so many chunks, a multiple of 8. */
    static long bytes(long chunks, int chunkOrder) {
        long words = words(chunks, chunkOrder);
        return words * Long.BYTES + ((words + 1) >>> 1) * Long.BYTES;
    }

    // ---- Questions. ----

    /** Returns the word that has the bit of {@code page}. */
    long word(long page) {
        return loadLongAcquire(wordAddress(page));
    }

    /** Returns the word at {@link #wordAddress}. */
    static long wordAt(long at) {
        return loadLongAcquire(at);
    }

    /** Returns whether a block of so many pages, so aligned, lies in one word, where it may. */
    boolean isForOneWord(long pages, int align) {
        return pages <= 1L << shift && align <= shift;
    }

    /** Returns whether one word has all pages of {@code [start, start + pages)}. */
    boolean isInOneWord(long start, long pages) {
        return pages <= (1L << shift) - bit(start);
    }

    boolean isTaken(long page) {
        return (word(page) >>> bit(page) & 1) != 0;
    }

    /** Returns whether no page of {@code [start, end)} is taken or reserved. */
    boolean areFree(long start, long end) {
        for (long page = start; page < end; page = next(page)) {
            long mask = mask(page, end);
            if ((free(word(page)) & mask) != mask) {
                return false;
            }
        }
        return true;
    }

    /** Returns how many pages of a chunk are taken. */
    long taken(long chunk) {
        long count = 0;
        for (long page = chunk << chunkOrder; page < (chunk + 1) << chunkOrder; page = next(page)) {
            count += Long.bitCount(PageWord.taken(word(page)));
        }
        return count;
    }

    /** Returns how many blocks were handed out of the words of a chunk. */
    long takes(long chunk) {
        long count = 0;
        for (long page = chunk << chunkOrder; page < (chunk + 1) << chunkOrder; page = next(page)) {
            count += PageWord.takes(word(page), loadIntAcquire(roundsAddress(wordAddress(page))));
        }
        return count;
    }

    /** Returns the pages that anybody who has raised the chunk's counter may take. */
    private long free(long word) {
        return PageWord.isReserved(word) ? 0 : freeOf(word);
    }

    /** Returns the pages of a word that are not taken, page n of it at bit n. */
    long freeOf(long word) {
        return ~word & used;
    }

    /** Returns the pages of the word of {@code page} that are not taken, if it is not reserved. */
    long freeAround(long page) {
        return free(word(page));
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
            long free = free(word(page));
            if (free != 0) {
                int position = PageWord.position(free, (int) pages, align);
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

    // ---- Handing out as one block, which is counted. ----

    /**
     * Hands out the lowest free page of a chunk, whose counter the caller has raised.
     *
     * @return the page; or -1 if none was seen: others may have taken and given back meanwhile
     */
    long handOutLowestOrMinus1(long chunk) {
        long end = (chunk + 1) << chunkOrder;
        for (long page = chunk << chunkOrder; page < end; page = next(page)) {
            long word = word(page);
            for (long free = free(word); free != 0; free = free(word)) {
                if (tryHandOut(page, word, word, Long.lowestOneBit(free))) {
                    return page + Long.numberOfTrailingZeros(free);
                }
                word = word(page);
            }
        }
        return -1;
    }

    /**
     * Hands out exactly {@code [start, start + pages)} of one word that is not reserved; the caller
     * has raised the chunk's counter.
     *
     * @return whether all were free; if not, nothing changed
     */
    boolean tryHandOut(long start, long pages) {
        long mask = mask(start, start + pages);
        for (; ; ) {
            long word = word(start);
            if ((free(word) & mask) != mask) {
                return false;
            }
            if (tryHandOut(start, word, word, mask)) {
                return true;
            }
        }
    }

    /**
     * Hands out pages of the word of {@code page} if it is reserved.
     *
     * @return the first one, or -1: there is no such run, or the word is not reserved
     */
    long handOutReservedOrMinus1(long page, int pages, int align) {
        long at = wordAddress(page);
        for (; ; ) { // each turn but the last: another thread changed the word
            long word = loadLongAcquire(at);
            if (!PageWord.isReserved(word)) {
                return -1;
            }
            int position = PageWord.position(freeOf(word), pages, align);
            if (position >= Long.SIZE) {
                return -1;
            }
            if (tryHandOutAt(at, word, word, maskOf(pages) << position)) {
                return wordStart(page) + position;
            }
        }
    }

    /**
     * Reserves the word of {@code start}, which is {@code seen}, and hands the first pages of what
     * it has free from {@code start} on out.
     */
    boolean tryReserveAndHandOut(long start, long seen, long pages) {
        return tryHandOut(start, seen, PageWord.reserved(seen), mask(start, start + pages));
    }

    private boolean tryHandOut(long page, long seen, long word, long mask) {
        return tryHandOutAt(wordAddress(page), seen, word, mask);
    }

    /** Hands out of the word at {@link #wordAddress}; returns whether it was {@code seen}. */
    boolean tryHandOutAt(long at, long seen, long word, long mask) {
        long next = PageWord.handedOut(word, mask);
        // acquire-release: pairs with the compare-and-set of who gave the pages back; they are ours
        if (!casLongAcqRel(at, seen, next)) {
            return false;
        }
        if (PageWord.cameRound(next)) {
            noteRound(roundsAddress(at));
        }
        return true;
    }

    private static void noteRound(long address) {
        int rounds = loadIntAcquire(address);
        // acquire-release: nothing is published; only the sum counts
        while (!casIntAcqRel(address, rounds, rounds + 1)) {
            rounds = loadIntAcquire(address);
        }
    }

    // ---- Taking without handing out. ----

    /**
     * Takes exactly {@code [start, end)}, the lowest word first; the caller has raised the chunk's
     * counter by as many.
     *
     * @return 0 if it did; else nothing is taken, and the counter must be lowered by what is
     *     returned, which is positive
     */
    long take(long start, long end) {
        for (long page = start; page < end; page = next(page)) {
            if (!tryTakeWord(page, mask(page, end))) {
                // What lies before the word that failed, and nothing of it.
                return giveBack(start, page) + (end - page);
            }
        }
        return 0;
    }

    private boolean tryTakeWord(long page, long mask) {
        for (; ; ) {
            long word = word(page);
            if ((free(word) & mask) != mask) {
                return false;
            }
            // acquire-release: pairs with the compare-and-set of who gave the pages back
            if (casLongAcqRel(wordAddress(page), word, word | mask)) {
                return true;
            }
        }
    }

    /** Takes exactly {@code [start, start + pages)} of one word, if it is reserved and has them. */
    boolean tryTakeReserved(long start, long pages) {
        long mask = mask(start, start + pages);
        for (; ; ) {
            long word = word(start);
            if (!PageWord.isReserved(word) || (word & mask) != 0) {
                return false;
            }
            // acquire-release: pairs with the compare-and-set of who gave the pages back
            if (casLongAcqRel(wordAddress(start), word, word | mask)) {
                return true;
            }
        }
    }

    /** Marks {@code [start, end)} of a chunk that the caller holds, none of whose bits is set. */
    void mark(long start, long end) {
        for (long page = start; page < end; page = next(page)) {
            // release: nobody else writes the word before the chunk's own word is released
            storeLongRelease(wordAddress(page), word(page) | mask(page, end));
        }
    }

    // ---- Giving back. ----

    /**
     * Gives back {@code [start, end)}, which the caller has.
     *
     * @return by how much the counter of the chunk must be lowered: the pages that are not at hand
     *     for a place now
     */
    long giveBack(long start, long end) {
        long free = 0;
        for (long page = start; page < end; page = next(page)) {
            long mask = mask(page, end);
            long word = word(page);
            // acquire-release: publishes what was done with the pages to who takes them
            while (!casLongAcqRel(wordAddress(page), word, word & ~mask)) {
                word = word(page);
            }
            assert (word & mask) == mask : page;
            free += PageWord.isReserved(word) ? 0 : Long.bitCount(mask);
        }
        return free;
    }

    /** Replaces the word of {@code page}; returns whether it was {@code seen}. */
    boolean tryReplace(long page, long seen, long next) {
        return tryReplaceAt(wordAddress(page), seen, next);
    }

    /** The same of the word at {@link #wordAddress}, for who looks more than once. */
    static boolean tryReplaceAt(long at, long seen, long next) {
        // acquire-release: publishes what was done with pages given back to who takes them
        return casLongAcqRel(at, seen, next);
    }

    // ---- Places. ----

    /** Returns the first page of the word that {@code page} lies in. */
    long wordStart(long page) {
        return page & (-1L << shift);
    }

    /** Returns the first page of the word behind that of {@code page}. */
    long next(long page) {
        return ((page >>> shift) + 1) << shift;
    }

    /** Returns where the word of {@code page} is. */
    long wordAddress(long page) {
        return address + (page >>> shift) * Long.BYTES;
    }

    private long roundsAddress(long wordAddress) {
        return roundsAddress + (wordAddress - address) / (Long.BYTES / Integer.BYTES);
    }

    private int bit(long page) {
        return (int) (page & ((1L << shift) - 1));
    }

    static long maskOf(long pages) {
        return (1L << pages) - 1;
    }

    /** The bits of {@code pages} pages from {@code start} on, which lie in one word. */
    long maskOfPages(long start, long pages) {
        return maskOf(pages) << bit(start);
    }

    /** The bits of the word of {@code page} from it on, as far as {@code end}. */
    private long mask(long page, long end) {
        return maskOf(Math.min(next(page), end) - page) << bit(page);
    }
}
