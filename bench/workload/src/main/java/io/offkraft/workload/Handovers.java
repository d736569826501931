// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

import io.offkraft.lockfree.SpscLongRing;

/**
 * One thread allocates, another one frees: two by two, through a ring there and one back, which
 * carry the numbers of bundles of blocks.
 *
 * <p>In bundles, because who waits for the other looks at the ring again and again, and takes its
 * cache line away from who writes it: block by block that is most of what is measured, or little of
 * it, by which of the two happens to be faster, whatever the allocator.
 */
final class Handovers extends Program {
    private static final int BUNDLE = 32;
    private static final int BUNDLES_ON_THE_WAY = 8;

    private final Sizes sizes;
    private final SpscLongRing[] full;
    private final SpscLongRing[] empty;

    Handovers(int threads, Sizes sizes) {
        super(Math.max(2, threads & -2), BUNDLE * BUNDLES_ON_THE_WAY);
        this.sizes = sizes;
        int couples = threads() / 2;
        full = new SpscLongRing[couples];
        empty = new SpscLongRing[couples];
        for (int couple = 0; couple < couples; couple++) {
            full[couple] = new SpscLongRing(BUNDLES_ON_THE_WAY);
            empty[couple] = new SpscLongRing(BUNDLES_ON_THE_WAY);
            for (int bundle = 0; bundle < BUNDLES_ON_THE_WAY; bundle++) {
                offer(empty[couple], bundle);
            }
        }
    }

    @Override
    void round(Stage stage, int operationsEach) {
        int bundles = Math.max(1, operationsEach / BUNDLE);
        stage.run(member -> {
            int couple = member.index() / 2;
            if (member.index() % 2 == 0) {
                produce(member, couple, bundles);
            } else {
                consume(member, couple, bundles);
            }
        });
    }

    private void produce(Member member, int couple, int bundles) {
        int operation = 0;
        for (int left = bundles; left > 0; left--) {
            long bundle = await(member, empty[couple]);
            int first = member.first() + (int) bundle * BUNDLE;
            for (int slot = first; slot < first + BUNDLE; slot++) {
                member.allocate(slot, sizes.at(operation++));
            }
            offer(full[couple], bundle);
        }
    }

    private void consume(Member member, int couple, int bundles) {
        int ofProducer = member.first() - slotsEach();
        for (int left = bundles; left > 0; left--) {
            long bundle = await(member, full[couple]);
            int first = ofProducer + (int) bundle * BUNDLE;
            for (int slot = first; slot < first + BUNDLE; slot++) {
                member.free(slot);
            }
            offer(empty[couple], bundle);
        }
    }

    private static long await(Member member, SpscLongRing ring) {
        for (int spins = 0; ; spins++) {
            long bundle = ring.pollOr(-1);
            if (bundle >= 0) {
                return bundle;
            }
            member.pause(spins);
        }
    }

    private static void offer(SpscLongRing ring, long bundle) {
        if (!ring.offer(bundle)) {
            throw new IllegalStateException("there is room for all bundles");
        }
    }
}
