// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.buddy.BuddyAllocator;
import io.offkraft.word.PageOrder;
import org.jspecify.annotations.Nullable;

/**
 * The pages that a heap holds of the buddy's, never more than the limits allow, its own and those
 * above.
 *
 * <p>A page is counted before it is asked for and until after it was given back, so no account is
 * ever below the truth. Of a heap below another one the runs are noted, too: whoever takes a run
 * out of the notes, under the lock of the tree, is the one that gives it back. So a thread that has
 * taken a run, or is about to give one back, while the heap is closed neither loses it nor gives it
 * back twice.
 *
 * <p><b>Thread safety:</b> any thread, without a guard. The lock of the tree is held for some tens
 * of instructions, and not while the buddy works.
 */
final class HeldPages {
    /**
     * How often a request is tried again after it was refused while others give pages back: each
     * time another one may take them first.
     */
    private static final int MOST_TRIES = 256;

    private final HeapTree tree;
    private final BuddyAllocator buddy;
    private final PageMap map;
    private final Account account;
    private final Account root;

    /** The runs; null for the heap above all, whose memory goes as a whole. */
    private final @Nullable RunSet runs;

    /** Makes what an account is about; {@code parent} is null for the heap above all. */
    HeldPages(HeapTree tree, Account account, @Nullable HeldPages parent) {
        this.tree = tree;
        this.account = account;
        buddy = tree.buddy;
        map = tree.metadata.pageMap();
        root = parent == null ? account : parent.root;
        runs = parent == null ? null : new RunSet();
    }

    Account account() {
        return account;
    }

    /** Returns the pages of the heap's own: a hint, without the lock. */
    long pages() {
        return account.ownPages();
    }

    /**
     * Returns whether what is free may stay where it is, to be taken again, until the heap grows or
     * time passes: see {@link Upkeep}. A hint, without the lock.
     */
    boolean mayKeepFree() {
        return tree.keepsFreed && account.isRoomy();
    }

    /** Returns what the heap may hold and does, of one instant. */
    HeapBudget budget() {
        String name = account.owner().path();
        tree.lock();
        try {
            return new HeapBudget(
                    name,
                    bytes(account.limitPages()),
                    bytes(account.reservedPages()),
                    bytes(account.ownPages()),
                    bytes(account.heldPages()),
                    bytes(account.chargedPages()),
                    bytes(account.peakChargedPages()),
                    account == root ? 0 : bytes(account.charge()));
        } finally {
            tree.unlock();
        }
    }

    /** Returns a heap's statistics: what is held, and the sum of what its parts counted. */
    HeapStatistics total(HeapStatistics.Sum sum, long reservedBytes, long committedBytes) {
        long held;
        long peak;
        tree.lock();
        try {
            held = account.ownPages();
            peak = account.peakOwnPages();
        } finally {
            tree.unlock();
        }
        return sum.total(
                bytes(held),
                bytes(peak),
                reservedBytes,
                committedBytes,
                bytes(account.limitPages()));
    }

    static long bytes(long pages) {
        return pages << PageOrder.PAGE_SHIFT;
    }

    // Taking

    /** Returns the address of a new run of pages, or 0 if a limit or the memory is reached. */
    long takeOr0(long pages, int alignmentOrder) {
        return takeOr0(pages, alignmentOrder, false);
    }

    /**
     * The same for who may give the run back at once; {@link #endGivingBack} must follow if there
     * is one.
     */
    long takeInHandOr0(long pages) {
        return takeOr0(pages, 0, true);
    }

    private long takeOr0(long pages, int alignmentOrder, boolean staysInHand) {
        for (int tries = 1; ; tries++) {
            long seen = tree.returns();
            Account refuser = tryCharge(pages);
            if (refuser == null) {
                long address = takeChargedOr0(pages, alignmentOrder, staysInHand);
                if (address != 0 || account.isClosed()) {
                    return address;
                }
                refuser = root;
            }
            if (root.isClosed()) {
                return 0;
            }
            if (!mayTryAgain(refuser, pages, tries, seen)) {
                return 0;
            }
        }
    }

    /** After a refusal, without a guard: see {@link HeapTree#mayHaveRoom}. */
    boolean mayTryAgain(Account refuser, long pages, int tries, long seen) {
        return pages <= refuser.limitPages()
                && tries < MOST_TRIES
                && tree.mayHaveRoom(refuser.owner(), seen);
    }

    /** Returns who refused; or null, and {@link #keep} or {@link #uncharge} must follow. */
    private @Nullable Account tryCharge(long pages) {
        tree.lock();
        try {
            Account refuser = root.isClosed() ? root : account.refuserOrNull(pages);
            if (refuser == null) {
                account.add(pages);
                tree.inHand();
            }
            return refuser;
        } finally {
            tree.unlock();
        }
    }

    private long takeChargedOr0(long pages, int alignmentOrder, boolean staysInHand) {
        long address = 0;
        try {
            // Only now that no limit refuses them; the figures are hints, without the lock.
            tree.growth.reach(root.heldPages() - tree.metadata.slabTable().barePages());
            address = buddy.palloc(pages, alignmentOrder);
        } finally {
            if (address == 0) {
                uncharge(pages);
            }
        }
        if (address != 0 && !keep(address, staysInHand)) {
            buddy.pfree(address, pages);
            uncharge(pages);
            return 0;
        }
        return address;
    }

    /** Notes a run that is charged for; returns false if the heap was closed meanwhile. */
    private boolean keep(long address, boolean staysInHand) {
        tree.lock();
        try {
            if (account.isClosed()) {
                return false;
            }
            if (runs != null) {
                runs.add(address);
            }
            if (!staysInHand) {
                tree.handsOff();
            }
            return true;
        } finally {
            tree.unlock();
        }
    }

    private void uncharge(long pages) {
        tree.lock();
        account.add(-pages);
        tree.handsOff();
        tree.countReturn();
        tree.unlock();
    }

    /** Makes the run longer without moving it, if the limits and the pages behind it allow. */
    boolean tryExtend(long address, long pages, long newPages) {
        if (tryCharge(newPages - pages) != null) {
            return false;
        }
        boolean extended = false;
        boolean noted = tryTakeOut(address);
        try {
            extended = noted && buddy.tryExtend(address, newPages);
        } finally {
            if (!extended) {
                uncharge(newPages - pages);
            }
        }
        if (noted && !keepAgain(address, extended)) {
            map.setEntries(address, 1, PageMap.NONE);
            buddy.pfree(address);
            uncount(extended ? newPages : pages);
            return false;
        }
        return extended;
    }

    // Giving back

    /** Returns the pages of the run that begins at {@code address}, or 0 if none does. */
    long blockPagesOr0(long address) {
        if (!tryBegin()) {
            return 0;
        }
        try {
            return buddy.blockPagesOr0(address);
        } finally {
            endGivingBack();
        }
    }

    /** Gives back a whole run. */
    void giveBack(long address, long pages) {
        giveBack(address, pages, false);
    }

    private void giveBack(long address, long pages, boolean aged) {
        if (!tryBegin()) {
            return;
        }
        try {
            if (tryTakeOut(address)) {
                if (aged) {
                    buddy.pfreeAged(address, pages);
                } else {
                    buddy.pfree(address, pages);
                }
                uncount(pages);
            }
        } finally {
            endGivingBack();
        }
    }

    /** Gives back a whole run that was held for the decay time without need. */
    void giveBackAged(long address, long pages) {
        giveBack(address, pages, true);
    }

    /** Gives back the memory of pages in a run that is held, and that nobody touches meanwhile. */
    boolean discard(long address, long pages) {
        if (!tryBegin()) {
            return false;
        }
        try {
            return buddy.discard(address, pages);
        } finally {
            endGivingBack();
        }
    }

    /** Gives back the end of a run of {@code pages} pages, so that {@code newPages} are left. */
    void giveBackTail(long address, long pages, long newPages) {
        if (!tryBegin()) {
            return;
        }
        try {
            if (tryTakeOut(address)) {
                giveBackTailOfNoted(address, pages, newPages);
            }
        } finally {
            endGivingBack();
        }
    }

    private void giveBackTailOfNoted(long address, long pages, long newPages) {
        buddy.pfreeRange(address + (newPages << PageOrder.PAGE_SHIFT), pages - newPages);
        if (keepAgain(address, false)) {
            uncount(pages - newPages);
        } else {
            map.setEntries(address, 1, PageMap.NONE);
            buddy.pfree(address, newPages);
            uncount(pages);
        }
    }

    /**
     * Returns whether the buddy may be asked, until {@link #endGivingBack}: not once the heap above
     * all is closed, which waits for who is at it. A buddy without a lock could not tell by itself.
     */
    private boolean tryBegin() {
        tree.lock();
        try {
            if (root.isClosed()) {
                return false;
            }
            tree.inHand();
            return true;
        } finally {
            tree.unlock();
        }
    }

    /** Returns whether the run is the caller's to give back: who closes the heap has not got it. */
    private boolean tryTakeOut(long address) {
        if (runs == null) {
            return true;
        }
        tree.lock();
        try {
            return runs.remove(address);
        } finally {
            tree.unlock();
        }
    }

    /**
     * Notes a run again that was taken out; returns false if the heap was closed meanwhile, and the
     * caller must give the run back.
     */
    private boolean keepAgain(long address, boolean inHand) {
        tree.lock();
        try {
            if (inHand) {
                tree.handsOff();
            }
            if (runs != null && !account.isClosed()) {
                runs.add(address);
            }
            return runs == null || !account.isClosed();
        } finally {
            tree.unlock();
        }
    }

    private void uncount(long pages) {
        tree.lock();
        account.add(-pages);
        tree.countReturn();
        tree.unlock();
    }

    /**
     * Until {@link #endGivingBack}: the caller may have pages in hand that are held for nothing.
     */
    void beginGivingBack() {
        tree.lock();
        tree.inHand();
        tree.unlock();
    }

    void endGivingBack() {
        tree.lock();
        tree.handsOff();
        tree.unlock();
    }

    // Passing on, and closing

    /**
     * Counts a run as another heap's of the same tree, if the limits allow and the page map still
     * tells of it.
     *
     * @param entry what the page map tells of it
     * @param changed what it is to tell
     */
    Move tryMove(long address, long pages, HeldPages target, long entry, long changed) {
        tree.lock();
        try {
            if (account.isClosed() || target.account.isClosed()) {
                return Move.of(Outcome.CLOSED);
            }
            Account refuser = account.refuserOfMoveOrNull(target.account, pages);
            if (refuser != null) {
                return new Move(Outcome.REFUSED, refuser);
            }
            if (!map.tryChange(address, entry, changed)) {
                return Move.of(Outcome.GONE);
            }
            account.move(target.account, pages);
            if (runs != null) {
                runs.remove(address);
            }
            if (target.runs != null) {
                target.runs.add(address);
            }
            return Move.of(Outcome.DONE);
        } finally {
            tree.unlock();
        }
    }

    long returns() {
        return tree.returns();
    }

    /**
     * How a move went.
     *
     * @param outcome what happened
     * @param refuser whose limit refused it, if one did
     */
    record Move(Outcome outcome, @Nullable Account refuser) {
        private static Move of(Outcome outcome) {
            return new Move(outcome, null);
        }
    }

    /** How a move can go. */
    enum Outcome {
        /** The run is the target's. */
        DONE,
        /** A limit refused it. */
        REFUSED,
        /** The page map tells something else: somebody was faster. */
        GONE,
        /** One of the heaps is closed. */
        CLOSED
    }

    /** The heap is closed: takes no more pages. Returns the runs it holds, and zeros. */
    long[] close() {
        tree.lock();
        try {
            account.close();
            return runs == null ? new long[0] : runs.takeAll();
        } finally {
            tree.unlock();
        }
    }

    /** After {@link #close}: gives back one of its runs. */
    void giveBackOfClosed(long address) {
        uncount(buddy.pfree(address));
    }
}
