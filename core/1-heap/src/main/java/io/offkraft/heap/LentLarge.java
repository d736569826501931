// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import java.lang.invoke.VarHandle;

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
    private long pagesTaken; // of all that was handed out from here
    private int rest; // so often nothing is lent, by the tenant

    /** Returns the address of the block, if it has so many pages and was free until now; or 0. */
    long takeOr0(long wanted) {
        if (wanted != pages) {
            return 0;
        }
        long address = takeOr0();
        if (address != 0) {
            pagesTaken += wanted;
        }
        return address;
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
        lend(address);
    }

    // Anybody, without the guard

    long pages() {
        return pages;
    }

    long pagesTaken() {
        return pagesTaken;
    }

    /** Returns the pages of all that was freed to here; may be one block behind. */
    long pagesFreed() {
        long some = pagesTaken;
        VarHandle.loadLoadFence(); // as in frees
        return freeOr0() == 0 ? some : some + pages;
    }
}
