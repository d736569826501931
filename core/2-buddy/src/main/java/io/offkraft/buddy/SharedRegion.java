// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import static io.offkraft.word.RawMemory.casLongAcqRel;
import static io.offkraft.word.RawMemory.loadBytePlain;
import static io.offkraft.word.RawMemory.loadIntPlain;
import static io.offkraft.word.RawMemory.loadLongAcquire;
import static io.offkraft.word.RawMemory.loadLongPlain;
import static io.offkraft.word.RawMemory.storeIntPlain;
import static io.offkraft.word.RawMemory.storeLongRelease;

import io.offkraft.word.Alignment;
import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import io.offkraft.word.SharedAtomics;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One contiguous run of pages that threads take from and give back to without a lock.
 *
 * <p>Pages are numbered from the beginning of the first chunk; a chunk is an aligned run of
 * 2^{@link #order} pages, {@link ChunkWord} tells its state and {@link PageBits} which of its pages
 * are taken. This class knows how a chunk changes; where to look is {@link ChunkSearch}'s.
 *
 * <p>After LLFree (Wrenger, Rommel, Halbuer, Dietrich, Lohmann: "LLFree: Scalable and
 * Optionally-Persistent Page-Frame Allocation", USENIX ATC 2023): a counter a huge page in front of
 * a line of bits.
 *
 * <p><b>Thread safety:</b> any thread. <b>Progress:</b> lock-free but for the system calls of
 * {@link ChunkMemory}.
 */
final class SharedRegion {
    /** Takes nothing: there is none. */
    static final long NONE = -1;

    /** Takes nothing: the kernel has no memory. */
    static final long REFUSED = -2;

    /** Trees are 2^4 chunks: two lines of chunk words, which threads prefer to have alone. */
    static final int TREE_SHIFT = 4;

    private static final int TIMES_BYTES = 2 * Long.BYTES;

    /** Absolute numbers, as everywhere in the package. */
    final long firstPage;

    final long endPage;

    /**
     * What {@link #firstPage} would be if the first chunk began in the region: pages count from it.
     */
    final long basePage;

    final int order;
    final long chunkPages;
    final long chunks;

    /** Whether chunks lose their memory and get it anew. */
    final boolean onDemand;

    final long metadata;
    final BlockTable blocks;
    final PageBits bits;
    final ChunkMemory memory;
    final ChunkSearch search;

    /** Chunks of which something is taken and something is not. */
    final HintSet partial;

    /** Chunks that carry memory and of which nothing is taken. */
    final HintSet retained;

    /** Chunks with free pages that were used since their memory was given back. */
    final HintSet dirty;

    final Places places;
    final WordBlocks words;
    private final EpochSource epochs;
    private final long wordsAddress;

    /** Two longs a chunk: how often it was handed out and given back as a whole. */
    private final long timesAddress;

    private final long ownersAddress;
    private final long stampsAddress;

    /** No chunk below is empty, as far as is known: a hint, so any order will do. */
    private volatile long emptyFrom;

    /** No chunk from here on was ever taken in part. */
    private final AtomicLong brokenEnd = new AtomicLong();

    /** Guarded by the retention's lock, as closing is. */
    boolean pagesUnmapped;

    /** The time by which free memory ages. */
    @FunctionalInterface
    interface EpochSource {
        int epoch();
    }

    /** Makes a region with nothing taken, over zeroed {@code metadata}. */
    SharedRegion(
            long firstPage,
            long endPage,
            int order,
            boolean onDemand,
            long metadata,
            LockFreePages pages) {
        this.firstPage = firstPage;
        this.endPage = endPage;
        this.order = order;
        this.onDemand = onDemand;
        this.metadata = metadata;
        places = pages.places();
        words = pages.words();
        epochs = pages.epochs();
        chunkPages = PageOrder.pages(order);
        basePage = firstPage & -chunkPages;
        chunks = chunks(firstPage, endPage, order);
        bits = new PageBits(metadata, chunks, order);
        wordsAddress = metadata + PageBits.bytes(chunks, order);
        long next = wordsAddress + chunks * Long.BYTES;
        partial = new HintSet(next, chunks);
        retained = new HintSet(next + FreeBitmap.bytes(chunks), chunks);
        dirty = new HintSet(next + 2 * FreeBitmap.bytes(chunks), chunks);
        next += 3 * FreeBitmap.bytes(chunks);
        timesAddress = next;
        next += chunks * TIMES_BYTES;
        ownersAddress = next;
        next += Alignment.alignUp(trees(chunks) * Integer.BYTES, Long.BYTES);
        blocks = new BlockTable(next);
        next += tableBytes(chunks << order);
        stampsAddress = next;
        memory = new ChunkMemory(this, pages.settings(), pages.traffic());
        search = new ChunkSearch(this);
        if (!onDemand) {
            haveMemory();
        }
    }

    private void haveMemory() {
        long end = endPage - basePage;
        for (long chunk = 0; chunk < chunks; chunk++) {
            long start = chunk << order;
            long from = Math.max(start, firstPage - basePage);
            long to = Math.min(start + chunkPages, end);
            bits.mark(start, from);
            bits.mark(to, start + chunkPages);
            noteBroken(chunk);
            setWord(chunk, ChunkWord.committedWith(chunkPages - (to - from)));
            (to - from == chunkPages ? retained : partial).add(chunk);
        }
    }

    static long metadataBytes(long firstPage, long endPage, int order, boolean onDemand) {
        long chunks = chunks(firstPage, endPage, order);
        long pages = chunks << order;
        long bytes =
                PageBits.bytes(chunks, order)
                        + chunks * Long.BYTES
                        + 3 * FreeBitmap.bytes(chunks)
                        + chunks * TIMES_BYTES
                        + Alignment.alignUp(trees(chunks) * Integer.BYTES, Long.BYTES)
                        + tableBytes(pages);
        return onDemand ? bytes + pages : bytes;
    }

    private static long chunks(long firstPage, long endPage, int order) {
        return ((endPage - 1) >>> order) - (firstPage >>> order) + 1;
    }

    private static long trees(long chunks) {
        return (chunks >>> TREE_SHIFT) + 1;
    }

    private static long tableBytes(long pages) {
        return Alignment.alignUp(pages * BlockTable.BYTES_PER_PAGE, Long.BYTES);
    }

    boolean holds(long absolutePage) {
        return absolutePage >= firstPage && absolutePage < endPage;
    }

    /** Returns the bytes of metadata in whole pages. */
    long mappedMetadataBytes() {
        return Alignment.alignUp(
                metadataBytes(firstPage, endPage, order, onDemand), PageOrder.PAGE_BYTES);
    }

    // ---- Words. ----

    long word(long chunk) {
        return loadLongAcquire(wordsAddress + chunk * Long.BYTES);
    }

    /** For the owner of a held chunk: release, so that bits and memory are seen as they are. */
    void setWord(long chunk, long word) {
        storeLongRelease(wordsAddress + chunk * Long.BYTES, word);
    }

    private boolean cas(long chunk, long expected, long word) {
        // acquire-release: whoever takes sees what who gave back has done, and the memory there
        return casLongAcqRel(wordsAddress + chunk * Long.BYTES, expected, word);
    }

    /** Makes the chunk the caller's if nothing of it is taken and its word is {@code seen}. */
    boolean tryHold(long chunk, long seen) {
        return ChunkWord.isWhole(seen) && cas(chunk, seen, ChunkWord.held(seen));
    }

    /**
     * Raises what is taken of a chunk with memory by {@code pages} if so many are free.
     *
     * @return whether it did: then so many bits of the chunk are clear that nobody else may set
     */
    boolean tryReserve(long chunk, long pages) {
        for (; ; ) {
            long word = word(chunk);
            if (ChunkWord.free(word, chunkPages) < pages) {
                return false;
            }
            if (cas(chunk, word, ChunkWord.taken(word, pages))) {
                if (ChunkWord.used(word) == 0) {
                    broke(chunk, ChunkWord.epoch(word));
                }
                return true;
            }
        }
    }

    /**
     * A chunk that was free as a whole since {@code epoch} is in use: its pages age by themselves.
     */
    private void broke(long chunk, int epoch) {
        noteBroken(chunk);
        partial.add(chunk);
        // Other threads may free pages of it meanwhile. Benign: to take those for older gives their
        // memory back early.
        stamp(chunk << order, (chunk + 1) << order, epoch);
        noteDirty(chunk);
    }

    private void noteBroken(long chunk) {
        if (chunk >= brokenEnd.get()) {
            SharedAtomics.count();
            long _ = brokenEnd.accumulateAndGet(chunk + 1, Math::max);
        }
    }

    /** Returns the blocks that were handed out of parts of chunks. */
    long takes() {
        long sum = 0;
        for (long chunk = 0; chunk < brokenEnd.get(); chunk++) {
            sum += bits.takes(chunk);
        }
        return sum;
    }

    /** Returns the blocks that there are. */
    long blocks() {
        long sum = 0;
        for (long chunk = 0; chunk < chunks; chunk++) {
            if (!ChunkWord.isWhole(word(chunk))) {
                sum += blocks.count(chunk << order, (chunk + 1) << order);
            }
        }
        return sum;
    }

    /** Lowers what is taken, by 0 or more pages; the bits are clear already. */
    void unreserve(long chunk, long pages, int epoch) {
        if (pages == 0) {
            return;
        }
        for (; ; ) {
            long word = word(chunk);
            long next = ChunkWord.given(word, pages, epoch);
            if (cas(chunk, word, next)) {
                noteFree(chunk, next);
                return;
            }
        }
    }

    /** Sees to it that who looks for free pages of the chunk finds it. */
    void noteFree(long chunk, long word) {
        if (ChunkWord.isRetained(word)) {
            retained.add(chunk);
        } else if (ChunkWord.isCommitted(word)) {
            partial.add(chunk);
        } else if (chunk < emptyFrom) {
            emptyFrom = chunk; // two at once: the higher one may win, and a full search finds all
        }
    }

    /** Makes a held chunk free, with the memory it has. */
    void release(long chunk, long heldWord) {
        long free =
                ChunkWord.isCommitted(heldWord)
                        ? ChunkWord.retained(epochs.epoch())
                        : ChunkWord.EMPTY;
        setWord(chunk, free);
        noteFree(chunk, free);
    }

    int epoch() {
        return epochs.epoch();
    }

    // ---- Taking from one chunk. ----

    /**
     * Hands out {@code pages} pages, fewer than a chunk, at a multiple of 2^{@code align} of a
     * chunk with memory; or returns {@link #NONE}.
     */
    long takeRun(int place, long chunk, long pages, int align) {
        if (ChunkWord.free(word(chunk), chunkPages) < pages
                || bits.findOrMinus1(chunk, pages, align) < 0) {
            return NONE;
        }
        places.open(place);
        try {
            // Each turn but the last: another thread took or gave back what we saw.
            while (tryReserve(chunk, pages)) {
                long page = bits.findOrMinus1(chunk, pages, align);
                long left = page < 0 ? pages : handOut(place, page, pages);
                if (left == 0) {
                    return page;
                }
                unreserve(chunk, left, epochs.epoch());
                places.add(place, Places.RETURNS, 1);
                if (page < 0) {
                    return NONE;
                }
            }
            return NONE;
        } finally {
            places.close(place);
        }
    }

    /** Returns 0 if the pages are handed out, else how many of them are to be counted as free. */
    private long handOut(int place, long page, long pages) {
        if (bits.isInOneWord(page, pages)) {
            return bits.tryHandOut(page, pages) ? 0 : pages;
        }
        long left = bits.take(page, page + pages);
        if (left == 0) {
            places.add(place, Places.ALLOCATIONS, 1);
        }
        return left;
    }

    // ---- Whole chunks. ----

    /** Takes a chunk, to be handed out, if nothing of it is taken and it carries memory. */
    boolean tryTakeWhole(long chunk) {
        long word = word(chunk);
        if (!ChunkWord.isRetained(word) || !tryHold(chunk, word)) {
            return false;
        }
        countTaken(chunk);
        return true;
    }

    /**
     * Counts that the chunk, which the caller holds, is handed out. Its holder alone counts: so no
     * compare-and-set is needed.
     */
    void countTaken(long chunk) {
        count(timesAddress + chunk * TIMES_BYTES);
    }

    /** Counts that a block, which does not lie in one word, is handed out. */
    void countTaken(int place, long page, long pages) {
        if (pages == chunkPages && ChunkWord.isHeld(word(page >>> order))) {
            countTaken(page >>> order);
        } else {
            places.add(place, Places.ALLOCATIONS, 1);
        }
    }

    /**
     * Takes back the block of {@code pages} pages at {@code start}, if there is such a one and it
     * is exactly a chunk.
     *
     * @return whether there was
     */
    boolean tryGiveWhole(long start, long pages, int epoch) {
        return pages == chunkPages
                && (start & (chunkPages - 1)) == 0
                && tryGiveChunk(start >>> order, blocks.entry(start), epoch);
    }

    /** The same for who knows the chunk, and where the block table has its first page. */
    boolean tryGiveChunk(long chunk, long tableEntry, int epoch) {
        long word = word(chunk);
        if (!ChunkWord.isHeld(word) || !BlockTable.tryEndShortAt(tableEntry, chunkPages)) {
            return false;
        }
        // Before the word is released: who takes it next sees the count of now.
        count(timesAddress + chunk * TIMES_BYTES + Long.BYTES);
        long free = ChunkWord.retained(epoch);
        // Nobody but the block's owner changes the word. Two that free it both come this far, and
        // one of them finds it changed.
        if (!cas(chunk, word, free)) {
            throw Misuse.doubleFree(((chunk << order) + basePage) << PageOrder.PAGE_SHIFT);
        }
        noteFree(chunk, free);
        return true;
    }

    private static void count(long address) {
        // release: pairs with the acquire in timesTaken and timesGiven
        storeLongRelease(address, loadLongPlain(address) + 1);
    }

    /** Returns how often chunks were handed out as a whole. */
    long timesTaken() {
        return sum(timesAddress);
    }

    /** Returns how often chunks that were handed out were given back as a whole. */
    long timesGiven() {
        return sum(timesAddress + Long.BYTES);
    }

    private long sum(long address) {
        long sum = 0;
        for (long chunk = 0; chunk < chunks; chunk++) {
            sum += loadLongAcquire(address + chunk * TIMES_BYTES);
        }
        return sum;
    }

    // ---- Giving back. ----

    /** Pages that were in no block become free again; how old they are is not changed. */
    void putBack(int place, long start, long end) {
        unreserve(start >>> order, bits.giveBack(start, end), epochs.epoch());
        places.add(place, Places.RETURNS, 1);
    }

    /** Pages become free that a block's owner has used until now. */
    void give(long start, long end, int epoch) {
        for (long page = start; page < end; ) {
            long partEnd = Math.min(end, (page & -chunkPages) + chunkPages);
            givePart(page, partEnd, epoch);
            page = partEnd;
        }
    }

    private void givePart(long start, long end, int epoch) {
        long chunk = start >>> order;
        if (ChunkWord.isHeld(word(chunk))) {
            if (end - start == chunkPages) {
                long free = ChunkWord.retained(epoch);
                setWord(chunk, free); // the chunk was the block's: nobody else changes its word
                noteFree(chunk, free);
                return;
            }
            unhold(chunk);
        }
        stamp(start, end, epoch);
        unreserve(chunk, bits.giveBack(start, end), epoch);
        noteDirty(chunk);
    }

    /** Makes a held chunk one all of whose pages are taken one by one. */
    private void unhold(long chunk) {
        noteBroken(chunk);
        bits.mark(chunk << order, (chunk + 1) << order);
        setWord(chunk, ChunkWord.committedWith(chunkPages));
    }

    /** Makes a held chunk with memory one of which {@code [start, end)} is taken. */
    void settlePart(long chunk, long start, long end) {
        noteBroken(chunk);
        bits.mark(start, end);
        cleaned(chunk << order, (chunk + 1) << order); // its memory is new
        long word = ChunkWord.committedWith(end - start);
        setWord(chunk, word);
        noteFree(chunk, word);
    }

    // ---- Ages of free pages: see PageAges, of which these are the stamps. ----

    void stamp(long start, long end, int epoch) {
        if (onDemand) {
            PageAges.stamp(stampsAddress + start, end - start, epoch);
        }
    }

    /** Returns where the stamp of a page is, and behind it those of the next ones; 0 if nowhere. */
    long stampsOr0(long page) {
        return onDemand ? stampsAddress + page : 0;
    }

    /** After the pages were made free, so that who looks later than this sees them. */
    void noteDirty(long chunk) {
        if (onDemand) {
            dirty.add(chunk);
        }
    }

    int age(long page, int epoch) {
        return PageAges.age(loadBytePlain(stampsAddress + page), epoch);
    }

    /** The memory of pages that the caller has taken was given back. */
    void cleaned(long start, long end) {
        RawMemory.zero(stampsAddress + start, end - start);
    }

    // ---- Hints: where a place took last, and which trees are somebody's. ----

    long emptyFrom() {
        return emptyFrom;
    }

    void setEmptyFrom(long chunk) {
        emptyFrom = chunk;
    }

    /** Returns whether another place has taken from the chunk's tree and may go on. */
    boolean isOfOther(long chunk, int place) {
        int owner = loadIntPlain(ownerAddress(chunk)); // benign: a hint
        return owner != 0 && owner != place + 1;
    }

    /** The place goes on with the chunk's tree, and no longer with that of {@code before}. */
    void reserveTree(int place, long before, long chunk) {
        if (before >= 0
                && before >>> TREE_SHIFT != chunk >>> TREE_SHIFT
                && !isOfOther(before, place)) {
            storeIntPlain(ownerAddress(before), 0);
        }
        if (loadIntPlain(ownerAddress(chunk)) != place + 1) {
            storeIntPlain(ownerAddress(chunk), place + 1);
        }
    }

    private long ownerAddress(long chunk) {
        return ownersAddress + (chunk >>> TREE_SHIFT) * Integer.BYTES;
    }

    @Override
    public String toString() {
        return "region [0x%x, 0x%x)"
                .formatted(firstPage << PageOrder.PAGE_SHIFT, endPage << PageOrder.PAGE_SHIFT);
    }

    /** Returns where it is. */
    Footprint.Extent extent() {
        return new Footprint.Extent(firstPage, endPage, onDemand, metadata, mappedMetadataBytes());
    }
}
