// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

import io.offkraft.lockfree.SpscLongRing;

/**
 * One thread allocates, another one frees: two by two, through a ring there and one back, which
 * carry blocks' numbers.
 */
final class Handovers extends Program {
    private static final int ON_THE_WAY = 256;

    private final Sizes sizes;
    private final SpscLongRing[] full;
    private final SpscLongRing[] empty;

    Handovers(int threads, Sizes sizes) {
        super(Math.max(2, threads & -2), ON_THE_WAY);
        this.sizes = sizes;
        int couples = threads() / 2;
        full = new SpscLongRing[couples];
        empty = new SpscLongRing[couples];
        for (int couple = 0; couple < couples; couple++) {
            full[couple] = new SpscLongRing(ON_THE_WAY);
            empty[couple] = new SpscLongRing(ON_THE_WAY);
        }
    }

    @Override
    void round(Stage stage, int operationsEach) {
        stage.run(member -> {
            int couple = member.index() / 2;
            if (member.index() % 2 == 0) {
                produce(member, couple, operationsEach);
            } else {
                consume(member, couple, operationsEach);
            }
        });
    }

    private void produce(Member member, int couple, int count) {
        int fresh = 0;
        for (int operation = 0; operation < count; operation++) {
            int slot =
                    fresh < ON_THE_WAY
                            ? member.first() + fresh++
                            : (int) await(member, empty[couple]);
            member.allocate(slot, sizes.at(operation));
            for (int spins = 0; !full[couple].offer(slot); spins++) {
                member.pause(spins);
            }
        }
        // The rest comes back, so that the next round finds the ring empty.
        for (int left = fresh; left > 0; left--) {
            await(member, empty[couple]);
        }
    }

    private void consume(Member member, int couple, int count) {
        for (int operation = 0; operation < count; operation++) {
            long slot = await(member, full[couple]);
            member.free((int) slot);
            for (int spins = 0; !empty[couple].offer(slot); spins++) {
                member.pause(spins);
            }
        }
    }

    private static long await(Member member, SpscLongRing ring) {
        for (int spins = 0; ; spins++) {
            long slot = ring.pollOr(-1);
            if (slot >= 0) {
                return slot;
            }
            member.pause(spins);
        }
    }
}
