// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

/**
 * A server: each thread replaces random ones of the blocks it is responsible for, and then hands
 * all of them to a new thread and ends, so that many blocks are freed by another thread than the
 * one that allocated them, which may be dead.
 *
 * <p>After P.-Å. Larson and M. Krishnan, "Memory allocation for long-running server applications",
 * ISMM 1998. Sizes are even in [8, 1000], as it is run in mimalloc-bench; 1,000 blocks a thread.
 */
final class Larson extends Program {
    private static final int BLOCKS_EACH = 1_000;
    private static final int LARGEST_BYTES = 1_000;
    private static final int GENERATIONS = 4;

    Larson(int threads) {
        super(threads, BLOCKS_EACH);
    }

    @Override
    void round(Stage stage, int operationsEach) {
        stage.runAlone(main -> {
            for (int thread = 0; thread < threads(); thread++) {
                for (int block = 0; block < BLOCKS_EACH; block++) {
                    main.allocate(thread * slotsEach() + block, size(main));
                }
            }
        });
        for (int generation = 0; generation < GENERATIONS; generation++) {
            stage.runOnNewThreads(member -> serve(member, operationsEach / GENERATIONS));
        }
        stage.runAlone(main -> main.freeAll(0, stage.slots()));
    }

    private static void serve(Member member, int requests) {
        for (int request = 0; request < requests; request++) {
            int victim = member.first() + member.below(BLOCKS_EACH);
            member.free(victim);
            member.allocate(victim, size(member));
        }
    }

    private static int size(Member member) {
        return member.between(SMALLEST_BYTES, LARGEST_BYTES);
    }
}
