// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.Stream;

/**
 * Blocks of many sizes, some of them very large, some kept to the end, some exchanged with other
 * threads through a table; threads end, and blocks survive them.
 *
 * <p>After D. Leijen's stress test of mimalloc (test-stress), whose chances it has: one block in
 * two is kept, two thirds of the others are freed soon, a quarter is exchanged; sizes are powers of
 * two from 8 to 512 bytes, one in a hundred is 100 times as large, one in a thousand 1,000 times,
 * one in ten thousand 10,000 times.
 */
final class MStress extends Program {
    private static final int ALLOCATIONS = 2_000;
    private static final int RETAINED = ALLOCATIONS / 2;
    private static final int TRANSFERS = 1_000;
    private static final int NONE = -1;
    private static final int SLOTS_EACH = 8_192;

    private final AtomicIntegerArray transfers = new AtomicIntegerArray(TRANSFERS);

    /** By member. */
    private final SlotNumbers[] unused;

    /** By member. */
    private final Held[] soonFreed;

    /** By member. */
    private final Held[] keptToTheEnd;

    MStress(int threads) {
        super(threads, SLOTS_EACH);
        for (int place = 0; place < TRANSFERS; place++) {
            transfers.set(place, NONE);
        }
        unused = SlotNumbers.of(threads, slotsEach());
        soonFreed = held(threads);
        keptToTheEnd = held(threads);
    }

    @Override
    void round(Stage stage, int operationsEach) {
        int iterations = Math.max(1, operationsEach / (ALLOCATIONS + RETAINED));
        for (int iteration = 0; iteration < iterations; iteration++) {
            stage.runOnNewThreads(this::stress);
            boolean last = iteration + 1 == iterations;
            stage.runAlone(main -> freeTransfers(main, last));
        }
    }

    /** Numbers of live blocks, of which any may be asked for. */
    private static final class Held {
        private final int[] slots = new int[ALLOCATIONS];
        private int count;
    }

    private static Held[] held(int threads) {
        return Stream.generate(Held::new).limit(threads).toArray(Held[]::new);
    }

    private void stress(Member member) {
        Held soon = soonFreed[member.index()];
        Held kept = keptToTheEnd[member.index()];
        soon.count = 0;
        kept.count = 0;
        int allocations = ALLOCATIONS;
        int toRetain = RETAINED;
        while (allocations > 0 || toRetain > 0) {
            if (toRetain == 0 || (allocations > 0 && member.chance(50))) {
                allocations--;
                soon.slots[soon.count++] = allocated(member, 5);
            } else {
                toRetain--;
                kept.slots[kept.count++] = allocated(member, 7);
            }
            if (soon.count > 0 && member.chance(66)) {
                int place = member.below(soon.count);
                free(member, soon.slots[place]);
                soon.slots[place] = NONE;
            }
            if (soon.count > 0 && member.chance(25)) {
                int place = member.below(soon.count);
                soon.slots[place] = transfers.getAndSet(member.below(TRANSFERS), soon.slots[place]);
            }
        }
        for (int place = 0; place < kept.count; place++) {
            free(member, kept.slots[place]);
        }
        for (int place = 0; place < soon.count; place++) {
            free(member, soon.slots[place]);
        }
    }

    private void freeTransfers(Member main, boolean all) {
        for (int place = 0; place < TRANSFERS; place++) {
            if (all || main.chance(50)) {
                free(main, transfers.getAndSet(place, NONE));
            }
        }
    }

    private int allocated(Member member, int shifts) {
        int words = 1 << member.below(shifts);
        if (member.chance(1)) {
            if (member.chance(1)) {
                words *= 10_000;
            } else {
                words *= member.chance(10) ? 1_000 : 100;
            }
        }
        int slot = unused[member.index()].take();
        member.allocate(slot, words * Long.BYTES);
        return slot;
    }

    private void free(Member member, int slot) {
        if (slot != NONE) {
            member.free(slot);
            unused[member.index()].give(slot);
        }
    }
}
