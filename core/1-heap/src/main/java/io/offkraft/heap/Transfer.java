// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.heap.HeldPages.Outcome;

/**
 * A block's way from one heap of a tree to another.
 *
 * <p>What has pages of its own stays where it is: the page-map entry changes from the one owner's
 * to the other's with a compare-and-set, as a free does, under the lock of the tree, together with
 * the accounts. What lies in a slab is copied.
 */
final class Transfer {
    private final Heap source;
    private final Heap target;

    Transfer(Heap source, Heap target) {
        this.source = source;
        this.target = target;
    }

    /** Returns where the block is then; 0 if the target's budget, or the memory, refused. */
    long runOr0(long address) {
        long usable = source.usableSize(address); // throws if there is no such block
        long entry = source.large().entryOfUnlent(address);
        return PageMap.sizeClass(entry) == PageMap.LARGE
                ? moveRunOr0(address, PageMap.number(entry))
                : copyOr0(address, usable);
    }

    private long moveRunOr0(long address, long pages) {
        HeldPages held = source.pages();
        for (int tries = 1; ; tries++) {
            long seen = held.returns();
            HeldPages.Move move = tryMoveRun(address, pages);
            if (move.outcome() == Outcome.DONE) {
                count(pages);
                return address;
            }
            Heap.checkOpen(move.outcome() == Outcome.CLOSED);
            Account refuser = move.refuser();
            if (refuser == null) {
                throw source.noBlock(address);
            }
            if (!held.mayTryAgain(refuser, pages, tries, seen)) {
                return 0;
            }
        }
    }

    private HeldPages.Move tryMoveRun(long address, long pages) {
        Stripe home = source.stripes().lockHome();
        try {
            home.checkOpen();
            HeldPages.Move move =
                    source.pages()
                            .tryMove(
                                    address,
                                    pages,
                                    target.pages(),
                                    source.large().entryOf(pages),
                                    target.large().entryOf(pages));
            if (move.outcome() == Outcome.DONE) {
                home.countLargeFree(pages);
            }
            return move;
        } finally {
            home.unlock();
        }
    }

    private void count(long pages) {
        Stripe there = target.stripes().lockHome();
        there.countLargeAllocation(pages);
        there.unlock();
    }

    private long copyOr0(long address, long usable) {
        target.beginWriting();
        try {
            long moved = target.malloc(usable);
            if (moved != 0 && !source.small().tryMove(address, moved, usable)) {
                target.free(moved);
                throw source.noBlock(address);
            }
            return moved;
        } finally {
            target.endWriting();
        }
    }
}
