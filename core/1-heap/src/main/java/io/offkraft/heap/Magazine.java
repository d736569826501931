// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The free blocks of a bin that are at hand: those that are handed out next, and where freed ones
 * go (Bonwick and Adams, "Magazines and vmem", 2001). All that most calls touch, in one cache line
 * or two, apart from what {@link Bin} knows of slabs.
 *
 * <p>To its slab a block in here is a used one, and the live bits tell that nobody has it.
 *
 * <p><b>Thread safety:</b> guarded by the stripe, but for what says otherwise.
 */
final class Magazine extends OwnCacheLine {
    private static final long[] NO_BLOCKS = {};

    /** That of the {@link LiveBits}, here because most calls need it. */
    private final long live;

    /*
     * The hand keeps the block that was handed out last. If that is the next to be freed, it stays there and is the next
     * to be handed out: so who takes and frees in turn moves nothing. Then its live bit stays, but it is not taken.
     */
    private long hand; // address, or 0; or, if it was freed, the complement

    /** Whether no block is kept in the hand, so that the live bits alone tell what is taken. */
    private boolean handUnused;

    /**
     * Whether another thread may have freed what is in the hand: it had to look at that. Written by
     * such a thread before it frees the block, so who knows of that free sees it; plain.
     */
    private boolean seen;

    /** What is lent to the tenant; null until something was. Written with the guard. */
    private @Nullable LentBlock lent;

    private long allocations;
    private long frees;
    private long foreignFrees; // by the guard's holder, of blocks of other stripes

    private long[] blocks = NO_BLOCKS; // made with the first slab
    private int count; // how many there are in it, the one freed last on top
    private int twice; // blocks that two threads have freed at once

    Magazine(LiveBits live) {
        this.live = live.origin();
    }

    /**
     * Returns the address of a block; or 0 if there is none at hand, or the next one was one that
     * another thread has freed as well: see {@link #takeTwice}.
     */
    long takeOr0() {
        long address = hand;
        if (address < 0) {
            address = ~address;
            hand = address;
        } else {
            int left = count - 1;
            long[] all = blocks;
            // -1 is beyond the end, too: so the compiler's own check of the index is spared.
            if (Integer.compareUnsigned(left, all.length) >= 0) {
                return 0;
            }
            address = all[left];
            count = left;
            if (!LiveBits.trySet(live, address)) {
                countTwice();
                return 0;
            }
            if (!handUnused) {
                hand = address;
            }
        }
        allocations++;
        return address;
    }

    /**
     * Frees the block at {@code address}, which lies in a slab of the bin.
     *
     * @return false if no block begins there, or {@link #isFull}
     */
    boolean tryFree(long address) {
        if (address == hand) {
            if (seen && !LiveBits.isSet(live, address)) {
                return false;
            }
            hand = ~address;
        } else {
            int top = count;
            long[] all = blocks;
            if (Integer.compareUnsigned(top, all.length) >= 0 || !isTaken(address)) {
                return false;
            }
            LiveBits.clear(live, address);
            all[top] = address;
            count = top + 1;
            if (lent != null) {
                endLent(lent, address);
            }
        }
        frees++;
        return true;
    }

    /** Returns whether a block begins at {@code address}, of a slab of the bin. */
    boolean isTaken(long address) {
        return LiveBits.isSet(live, address) && ~address != hand && !isLentFree(address);
    }

    private boolean isLentFree(long address) {
        return lent != null && lent.isFree(address);
    }

    /**
     * The same without the guard: while somebody holds the block, all that is read here stays what
     * it was when he got it. Of a block that was freed into the hand before, it is the hand that
     * tells, or, where that was emptied since, the bit.
     */
    boolean isTakenUnguarded(long address) {
        long inHand = hand;
        boolean lentFree = isLentFree(address);
        VarHandle.acquireFence(); // pairs with the fence in takeFreeHandOr0; no instruction on x86
        return ~address != inHand && !lentFree && LiveBits.isSet(live, address);
    }

    boolean isFull() {
        return count == blocks.length;
    }

    int count() {
        return count;
    }

    int room() {
        return blocks.length;
    }

    /** Makes room for blocks, unless there is some. */
    void makeRoom(int most) {
        if (blocks.length == 0) {
            blocks = new long[most];
        }
    }

    /** The same if it has less room by now. */
    void widen(int least) {
        if (blocks.length < least) {
            blocks = Arrays.copyOf(blocks, least);
        }
    }

    // Exchange with the slabs

    /** Puts the lowest blocks of a word of a slab's free map in; returns the others. */
    long addSlots(long base, int firstSlot, int slotBytes, long free, int most) {
        long left = free;
        for (; left != 0 && count < most; left &= left - 1) {
            int slot = firstSlot + Long.numberOfTrailingZeros(left);
            blocks[count++] = base + (long) slot * slotBytes;
        }
        return left;
    }

    /** What was put in first becomes the next to be handed out. */
    void reverse() {
        for (int low = 0, high = count - 1; low < high; low++, high--) {
            long swap = blocks[low];
            blocks[low] = blocks[high];
            blocks[high] = swap;
        }
    }

    /** Returns a block that is in here; those that were put in first come first. */
    long block(int index) {
        return blocks[index];
    }

    /** Forgets the blocks that were put in first, which are back in their slabs. */
    void removeOldest(int some) {
        count -= some;
        System.arraycopy(blocks, some, blocks, 0, count);
    }

    /** By another thread, which has to look at the hand. */
    void see() {
        if (!seen) {
            seen = true;
        }
    }

    boolean isSeen() {
        return seen;
    }

    /** Returns whether another thread had to look at the hand since this was asked last. */
    boolean takeSeen() {
        boolean before = seen;
        seen = false;
        return before;
    }

    /** From now on blocks are kept in the hand, or not; it is empty if they were until now. */
    void useHand(boolean use) {
        assert hand == 0 || use == !handUnused : hand;
        handUnused = !use;
    }

    /** Empties the hand; returns the block in it if it is free, and may go back; or 0. */
    long takeFreeHandOr0() {
        long freed = hand < 0 ? ~hand : 0;
        if (freed != 0 && !tryClear(freed)) {
            countTwice();
            freed = 0;
        }
        VarHandle.releaseFence(); // who does not find it in the hand any more finds its bit clear
        hand = 0;
        return freed;
    }

    /**
     * Counts a block that two threads have freed at the same moment, of which one has it in here,
     * and the other one brings it or has brought it: it is free once.
     */
    void countTwice() {
        twice++;
        foreignFrees--; // both have counted it
    }

    /** Returns how many blocks two threads have freed at once, since this was asked last. */
    int takeTwice() {
        int before = twice;
        twice = 0;
        return before;
    }

    /** False if another thread has freed the block at the same time. */
    private boolean tryClear(long address) {
        if (!LiveBits.isSet(live, address)) {
            return false;
        }
        LiveBits.clear(live, address);
        return true;
    }

    // What is lent

    /** Lends the tenant a block that it has just got. */
    LentBlock lend(long address) {
        LentBlock to = lent;
        if (to == null) {
            to = new LentBlock();
            lent = to;
        }
        if (hand == address) {
            hand = 0; // or it could be freed here and there
        }
        if (to.lend(address)) {
            frees++;
        }
        return to;
    }

    /** By the tenant: the block that is freed here is not lent any more. */
    private static void endLent(LentBlock lent, long address) {
        if (lent.isTaken(address)) {
            lent.end(false);
        }
    }

    /** Returns whether a block is lent. Also without the guard, which then may be wrong soon. */
    boolean isAnyLent() {
        return lent != null && lent.isAny();
    }

    /** Returns whether the block is lent, free or not. Without the guard. */
    boolean isLent(long address) {
        return lent != null && lent.isLent(address);
    }

    /** By the tenant, or if it is dead: ends the loan; returns the block if it is free, or 0. */
    long takeLentOr0() {
        if (lent == null || !lent.isAny()) {
            return 0;
        }
        long freed = lent.freeOr0();
        if (freed != 0 && !tryClear(freed)) {
            freed = 0;
        }
        VarHandle.releaseFence(); // as in takeFreeHandOr0
        lent.end(freed != 0);
        return freed;
    }

    /**
     * Another thread has freed a block; returns whether it may be used, as nobody else has. If not,
     * the bit is as it would be without that free.
     */
    boolean tryAccept(long address) {
        if (LiveBits.isSet(live, address) || ~address == hand || isLentFree(address)) {
            LiveBits.clear(live, address);
            countTwice();
            return false;
        }
        if (address == hand) {
            hand = 0;
        }
        return true;
    }

    /** The heap is closed. */
    void forget() {
        hand = 0;
        count = 0;
    }

    // Counting; without the guard a figure may be one behind

    long allocations() {
        return lent == null ? allocations : allocations + lent.takes();
    }

    long frees() {
        return lent == null ? frees : frees + lent.frees();
    }

    /** Counts frees of blocks of other stripes; with the guard. */
    void countForeignFrees(int some) {
        foreignFrees += some;
    }

    long foreignFrees() {
        return foreignFrees;
    }
}
