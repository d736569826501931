// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress;

import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;

/** Two pages that two threads take one each of, use, and give back, with plain accesses only. */
public final class TwoPages {
    /** What a turn says: the page was the thread's own, and as its last owner had left it. */
    public static final int WHOLE = 1;

    /** What a turn says: somebody else was there, or what he did was not all seen. */
    public static final int TORN = 2;

    /** What a turn says: there was no page, though one is always free. */
    public static final int REFUSED = 3;

    /** How many pages there are. */
    public static final int COUNT = 2;

    private static final long OTHER_WORD = PageOrder.PAGE_BYTES / 2;

    private TwoPages() {}

    /** Where the pages come from. */
    public interface Source {
        /** Returns the address of a page, or 0. */
        long takeOr0();

        /** Takes the page back. */
        void giveBack(long page);
    }

    /** Takes a page, counts in two words of it, and gives it back. */
    public static int turn(Source pages) {
        long page = pages.takeOr0();
        if (page == 0) {
            return REFUSED;
        }
        long other = page + OTHER_WORD;
        long seen = RawMemory.loadLongPlain(page);
        boolean whole = RawMemory.loadLongPlain(other) == seen;
        RawMemory.storeLongPlain(page, seen + 1);
        RawMemory.storeLongPlain(other, seen + 1);
        whole &= RawMemory.loadLongPlain(page) == seen + 1;
        pages.giveBack(page);
        return whole ? WHOLE : TORN;
    }
}
