// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

/** A large block that is lent to the tenant of a stripe, as {@link LentBlock}. */
final class LentLarge extends LentBlock {
    /** What is never lent. */
    static final LentLarge NONE = new LentLarge();

    /**
     * So many blocks are not lent after one that another thread freed: after that its thread must
     * look through all that is lent.
     */
    private static final int LOANS_TO_REST = 256;

    private long pages; // of the block; written with the guard, and kept when the loan ends
    private int rest; // so often nothing is lent, by the tenant

    /** Returns the address of the block, if it has so many pages and was free until now; or 0. */
    long takeOr0(long wanted) {
        return wanted == pages ? takeOr0() : 0;
    }

    // With the guard, by the tenant, or when it is dead

    /** Returns whether something may be lent, or counts that it may not yet. */
    boolean mayLend() {
        if (rest == 0) {
            return true;
        }
        rest--;
        return false;
    }

    /** Another thread has freed what was lent, and may do so again. */
    void freedByAnother() {
        rest = LOANS_TO_REST;
    }

    void lend(long address, long itsPages) {
        pages = itsPages;
        boolean freed = lend(address);
        assert !freed : "was counted before, as its pages are not known any more";
    }

    // Anybody, without the guard

    long pages() {
        return pages;
    }

    /** Returns the pages of the block, if it is free, or was when the loan ended; else 0. */
    long freePages() {
        return freeOr0() != 0 || hasEndedFree() ? pages : 0;
    }
}
