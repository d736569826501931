// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

/**
 * The buffers of a web socket proxy: a new one, and then as many random ones are freed as bring
 * their number down to a random one, some 256 on average.
 *
 * <p>After Netty's AllocationPatternSimulator (2025), whose sizes and frequencies were recorded of
 * a service; here neighbouring sizes that are rare are put together.
 */
final class NettyPattern extends Program {
    private static final int AVERAGE_LIVE = 256;
    private static final int PLACES = 2 * AVERAGE_LIVE;

    /** Bytes, and how often. */
    private static final int[] SIZES = {
        9, 316, 15, 10347, 17, 628, 21, 316, 36, 338, 48, 338, 64, 23, 256, 21289, 287, 263, 466,
        319, 527, 265, 592, 299, 608, 283, 614, 273, 619, 263, 622, 273, 627, 305, 629, 353, 632,
        337, 634, 603, 635, 635, 636, 5443, 637, 459, 1024, 29373, 2048, 2671, 4351, 457, 4574, 402,
        8447, 561, 8670, 287, 16639, 9371, 16862, 355, 16863, 13
    };

    private final Sizes sizes = Sizes.weighted(SIZES);

    /** By member: the numbers of live blocks come first, in any order. */
    private final int[][] numbers;

    NettyPattern(int threads) {
        super(threads, PLACES);
        numbers = new int[threads][PLACES];
    }

    @Override
    void round(Stage stage, int operationsEach) {
        stage.run(member -> work(member, operationsEach));
    }

    private void work(Member member, int operations) {
        int first = member.first();
        int[] slots = numbers[member.index()];
        for (int place = 0; place < PLACES; place++) {
            slots[place] = first + place;
        }
        int count = 0;
        for (int operation = 0; operation < operations; operation++) {
            member.allocate(slots[count++], sizes.at(member.next() >>> 20));
            while (count == PLACES || count > member.below(PLACES)) {
                int place = member.below(count);
                int freed = slots[place];
                member.free(freed);
                slots[place] = slots[--count];
                slots[count] = freed;
            }
        }
        member.freeAll(first, PLACES);
    }
}
