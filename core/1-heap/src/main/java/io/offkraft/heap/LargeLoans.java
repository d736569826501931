// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.PageOrder;
import java.util.Arrays;

/**
 * The large blocks that are lent to the tenant of a stripe, each in the place that belongs to its
 * number of pages, as in {@link LargeCache}, which has room for them: there they go when they are
 * taken back free.
 *
 * <p>Their page-map entries tell that they are lent, and by which stripe. Whoever takes that out of
 * the entry has ended the loan: the tenant, or one who is to free the block and has interrupted its
 * lending first.
 *
 * <p>Guarded by the stripe, but for what says otherwise.
 */
final class LargeLoans {
    /** The most pages of a block: 1 MiB. */
    static final int MOST_PAGES = 256;

    private static final LentLarge[] NONE = new LentLarge[LargeCache.PLACES];

    static {
        Arrays.fill(NONE, LentLarge.NONE);
    }

    private final Stripe stripe;
    private final PageMap map;

    /** Written once, by the first tenant that is lent something. */
    private volatile LentLarge[] loans = NONE;

    LargeLoans(Stripe stripe, PageMap map) {
        this.stripe = stripe;
        this.map = map;
    }

    /** Returns the loans by place: see {@link LargeCache#placeOf}. */
    LentLarge[] byPlace() {
        if (Arrays.equals(loans, NONE)) {
            LentLarge[] some = new LentLarge[NONE.length];
            Arrays.setAll(some, _ -> new LentLarge());
            loans = some;
        }
        return loans;
    }

    /** Lends the tenant a block that it has just got; returns the loan, or one of nothing. */
    LentLarge lend(long address, long pages) {
        LentLarge loan = byPlace()[LargeCache.placeOf(pages)];
        end(loan);
        if (pages > MOST_PAGES || !loan.mayLend() || !stripe.large().tryReserve(pages)) {
            return LentLarge.NONE;
        }
        if (loan.hasEndedFree()) {
            stripe.countLargeFree(loan.pages());
            loan.end(false);
        }
        map.setEntry(address, lentEntry(pages));
        loan.lend(address, pages);
        return loan;
    }

    /** By the tenant, or when it is dead: nothing is lent any more. */
    void takeBack() {
        for (LentLarge loan : loans) {
            end(loan);
        }
    }

    /** By the tenant: ends the loan of a block that it has. */
    void endTaken(long address, long pages) {
        LentLarge loan = loans[LargeCache.placeOf(pages)];
        if (loan.isTaken(address)) {
            end(loan);
        }
    }

    private void end(LentLarge loan) {
        if (!loan.isAny()) {
            return;
        }
        long pages = loan.pages();
        long free = loan.freeOr0();
        stripe.large().endReservation(pages);
        if (free == 0) {
            if (!map.tryChange(loan.taken(), lentEntry(pages), entry(PageMap.LARGE, pages))) {
                loan.freedByAnother(); // or resized, or given away
            }
            loan.end(false);
        } else if (map.tryChange(free, lentEntry(pages), entry(PageMap.CACHED, pages))) {
            loan.end(true);
            boolean put = stripe.large().tryPut(free, pages);
            assert put : pages;
        } else {
            loan.end(false); // another thread freed it at the same time, and has it
        }
    }

    private long lentEntry(long pages) {
        return PageMap.largeEntry(stripe.index(), PageMap.LENT, pages);
    }

    private long entry(int large, long pages) {
        return PageMap.largeEntry(stripe.home().owner(), large, pages);
    }

    // Without the guard of the stripe

    /** Returns whether the block is lent and taken. */
    boolean isTaken(long address, long pages) {
        return loans[LargeCache.placeOf(pages)].isTaken(address);
    }

    long takes() {
        long sum = 0;
        for (LentLarge loan : loans) {
            sum += loan.takes();
        }
        return sum;
    }

    /** Returns the pages of blocks that went to the cache, but are still counted as freed here. */
    long endedPages() {
        long sum = 0;
        for (LentLarge loan : loans) {
            sum += loan.hasEndedFree() ? loan.pages() : 0;
        }
        return sum;
    }

    void addFreesTo(BlockStatistics.Sum sum) {
        for (LentLarge loan : loans) {
            // Of what was freed here and taken again the bytes are told of neither way.
            sum.addFrees(loan.frees(), loan.freePages() << PageOrder.PAGE_SHIFT);
        }
    }

    void addAllocationsTo(BlockStatistics.Sum sum) {
        for (LentLarge loan : loans) {
            sum.addAllocations(loan.takes(), 0);
        }
    }
}
