// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import static io.offkraft.word.RawMemory.loadBytePlain;
import static io.offkraft.word.RawMemory.loadIntPlain;
import static io.offkraft.word.RawMemory.storeBytePlain;
import static io.offkraft.word.RawMemory.storeIntPlain;

import io.offkraft.word.Alignment;
import io.offkraft.word.RawMemory;

/**
 * For how long the free pages of partly used chunks have carried memory for nobody.
 *
 * <p>A page that is freed is stamped with the epoch; once its memory was given back it is clean.
 * What the stamp of a page says that is not free, or lies in a wholly free chunk, means nothing.
 *
 * <p>Guarded by the allocator's lock, except the stamps of pages that a thread has taken out of the
 * free blocks: those are its own until it puts them back.
 */
final class PageAges {
    /*
     *   stamps   1 byte a page:    0 = clean, else 128 + epoch mod 128
     *   epochs   4 bytes a group:  that of its oldest stamp, if the group is in the set
     *   aging    1 bit a group:    the groups in which a page may be free and not clean
     *
     * A stamp is compared modulo 128. That would make an old page young after as many epochs; but a group is looked at
     * when it is two epochs old, and what is free in it is cleaned then.
     */
    /** A group is 2^9 pages, so that the lock is never held for longer than a look at as many. */
    static final int GROUP_ORDER = 9;

    static final int GROUP_PAGES = 1 << GROUP_ORDER;

    /** The age of a page that carries no memory. */
    static final int CLEAN = -1;

    private static final int STAMPED = 0x80;
    private static final int EPOCH_MASK = STAMPED - 1;

    private final long firstPage;
    private final long firstGroup;
    private final FreeBitmap aging;
    private final long epochAddress;
    private final long stampAddress;
    private long agingCount;

    /** Knows of no memory in {@code [firstPage, endPage)}, with zeroed metadata. */
    PageAges(long firstPage, long endPage, long metadata) {
        this.firstPage = firstPage;
        firstGroup = firstPage >>> GROUP_ORDER;
        long groups = groups(firstPage, endPage);
        aging = new FreeBitmap(metadata, groups);
        epochAddress = metadata + FreeBitmap.bytes(groups);
        stampAddress = epochAddress + groups * Integer.BYTES;
    }

    /** Returns the bytes of metadata for {@code [firstPage, endPage)}. */
    static long metadataBytes(long firstPage, long endPage) {
        long groups = groups(firstPage, endPage);
        long bytes = FreeBitmap.bytes(groups) + groups * Integer.BYTES + (endPage - firstPage);
        return Alignment.alignUp(bytes, Long.BYTES);
    }

    /** Returns whether a page may be free and not clean. */
    boolean any() {
        return agingCount > 0;
    }

    /** The pages of {@code [start, end)} became free. */
    void freed(long start, long end, int epoch) {
        stamp(stampAddress + start - firstPage, end - start, epoch);
        for (long group = start >>> GROUP_ORDER; group <= (end - 1) >>> GROUP_ORDER; group++) {
            if (!aging.contains(group - firstGroup)) {
                keep(group, epoch);
            }
        }
    }

    /**
     * The pages, all of one group, are free again without having been used: they are as old as they
     * were, and the group is looked at when the oldest is due.
     */
    void rejoin(long start, long end, int epoch) {
        int oldest = CLEAN;
        for (long page = start; page < end; page++) {
            oldest = Math.max(oldest, age(page, epoch));
        }
        if (oldest != CLEAN) {
            keep(start >>> GROUP_ORDER, epoch - oldest);
        }
    }

    /** Returns how many epochs ago the page was freed, or {@link #CLEAN}. */
    int age(long page, int epoch) {
        return age(loadBytePlain(stampAddress + page - firstPage), epoch);
    }

    /** Writes the stamps of pages that are freed in {@code epoch}. */
    static void stamp(long address, long pages, int epoch) {
        byte stamp = (byte) (STAMPED | (epoch & EPOCH_MASK));
        if (pages == 1) {
            storeBytePlain(address, stamp);
        } else {
            RawMemory.fill(address, pages, stamp);
        }
    }

    /** Returns how many epochs before {@code epoch} a page got its stamp, or {@link #CLEAN}. */
    static int age(byte stamp, int epoch) {
        return stamp == 0 ? CLEAN : (epoch - stamp) & EPOCH_MASK;
    }

    /** The memory of {@code [start, end)} was given back; the pages are the caller's own. */
    void cleaned(long start, long end) {
        RawMemory.zero(stampAddress + start - firstPage, end - start);
    }

    /**
     * Returns the first group from that of {@code page} on that holds pages freed in {@code epoch}
     * or before; or -1.
     */
    long groupSinceOrMinus1(long page, int epoch) {
        long number = Math.max(0, (page >>> GROUP_ORDER) - firstGroup);
        number = agingCount == 0 ? -1 : aging.firstFromOrMinus1(number);
        while (number >= 0 && epochOf(number) - epoch > 0) {
            number = aging.firstFromOrMinus1(number + 1);
        }
        return number < 0 ? -1 : number + firstGroup;
    }

    /** The group is not looked at again before a page of it is freed. */
    void forget(long group) {
        aging.remove(group - firstGroup);
        agingCount--;
    }

    /** The group holds pages that were freed in {@code epoch}. */
    void keep(long group, int epoch) {
        long number = group - firstGroup;
        if (!aging.contains(number)) {
            aging.add(number);
            agingCount++;
        } else if (epochOf(number) - epoch <= 0) {
            return;
        }
        storeIntPlain(epochAddress + number * Integer.BYTES, epoch);
    }

    private int epochOf(long number) {
        return loadIntPlain(epochAddress + number * Integer.BYTES);
    }

    private static long groups(long firstPage, long endPage) {
        return ((endPage - 1) >>> GROUP_ORDER) - (firstPage >>> GROUP_ORDER) + 1;
    }
}
