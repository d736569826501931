// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

/**
 * A large table of places: a random one is emptied if it is full, and filled if it is empty; a few
 * places are met most of the time, and a few sizes.
 *
 * <p>After OLogN Technologies' alloc-test (S. Ignatchenko, D. Ligoum and M. Eremin, 2018): places
 * are chosen 80 to 20, again and again in the 80; each doubling of the size, up to 1 KiB, is half
 * as frequent as the one before. The draw among places is the self-similar one of J. Gray et al.,
 * "Quickly generating billion-record synthetic databases", SIGMOD 1994, out of a table.
 */
final class AllocTest extends Program {
    private static final int PLACES = 16_384;
    private static final int DRAWS = 65_536; // a power of two
    private static final int SMALLEST_LOG2 = 3;
    private static final int LARGEST_LOG2 = 10;
    private static final double FEW = 0.2;

    private final int[] draws = new int[DRAWS];

    AllocTest(int threads) {
        super(threads, PLACES);
        double power = Math.log(FEW) / Math.log(1 - FEW);
        for (int draw = 0; draw < DRAWS; draw++) {
            draws[draw] = (int) (PLACES * Math.pow((draw + 0.5) / DRAWS, power));
        }
    }

    @Override
    void round(Stage stage, int operationsEach) {
        stage.run(member -> work(member, operationsEach));
    }

    private void work(Member member, int operations) {
        long enough = member.operations() + operations;
        while (member.operations() < enough) {
            long random = member.next();
            int slot = member.first() + draws[(int) random & (DRAWS - 1)];
            if (member.isLive(slot)) {
                member.free(slot);
            } else {
                member.allocate(slot, size(random >>> 16));
            }
        }
        member.freeAll(member.first(), PLACES);
    }

    private static int size(long random) {
        int doublings =
                Math.min(Long.numberOfTrailingZeros(random), LARGEST_LOG2 - SMALLEST_LOG2 - 1);
        int base = 1 << (SMALLEST_LOG2 + doublings);
        return base + ((int) (random >>> 16) & (base - 1));
    }
}
