// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

/**
 * A fixed number of bytes is live; blocks of mixed sizes take each other's place at random, so that
 * free memory lies between live blocks.
 *
 * <p>After the constant-occupancy test of R. Marotta et al., "A non-blocking buddy system for
 * scalable memory allocation on multi-core machines", CLUSTER 2018. Sizes are 16 bytes to 64 KiB,
 * each doubling as frequent as another; 4 MiB a thread.
 */
final class ConstantOccupancy extends Program {
    private static final int PLACES = 1_024;
    private static final int BUDGET_BYTES = 4 << 20;

    private final Sizes sizes = Sizes.logarithmic(16, 64 << 10);

    /** By member: the numbers of live blocks come first, in any order. */
    private final int[][] numbers;

    ConstantOccupancy(int threads) {
        super(threads, PLACES);
        numbers = new int[threads][PLACES];
    }

    @Override
    void round(Stage stage, int operationsEach) {
        stage.run(member -> work(member, operationsEach));
    }

    private void work(Member member, int operations) {
        int first = member.first();
        int live = 0;
        int count = 0;
        int[] slots = numbers[member.index()];
        for (int place = 0; place < PLACES; place++) {
            slots[place] = first + place;
        }
        for (int operation = 0; operation < operations; operation++) {
            int size = sizes.at(member.next() >>> 20);
            while (count == PLACES || live + size > BUDGET_BYTES) {
                int place = member.below(count);
                live -= member.free(slots[place]);
                int freed = slots[place];
                slots[place] = slots[--count];
                slots[count] = freed;
            }
            member.allocate(slots[count++], size);
            live += size;
        }
        member.freeAll(first, PLACES);
    }
}
