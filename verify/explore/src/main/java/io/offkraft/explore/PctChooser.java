// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

/**
 * Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi and Nagarakatte, 2010): threads
 * have random priorities, the highest one runs, and at {@code depth - 1} random decisions whoever
 * runs falls behind all others.
 *
 * <p>A bug that takes {@code depth} ordered events among n threads and k decisions is found by one
 * schedule with a probability of at least 1 / (n k^(depth-1)), which no number of other steps
 * between lessens. That holds for programs without spinning; who spins falls behind here too.
 */
final class PctChooser extends SeededChooser {
    private final int depth;
    private final int decisionsExpected;

    private final int[] priorities = new int[Program.THREADS_MAX];
    private final int[] changes;
    private int lowest;
    private int decisions;

    PctChooser(long seed, int depth, int decisionsExpected) {
        super(seed);
        this.depth = depth;
        this.decisionsExpected = decisionsExpected;
        changes = new int[depth - 1];
    }

    @Override
    void begin(int threads) {
        super.begin(threads);
        decisions = 0;
        lowest = 0;
        for (int i = 0; i < threads; i++) {
            added(i);
        }
        for (int i = 0; i < changes.length; i++) {
            changes[i] = chance.below(decisionsExpected);
        }
    }

    @Override
    void added(int thread) {
        // Above all that fell; threads with the same one (rare) go by their number.
        priorities[thread] = 1 + chance.below(Integer.MAX_VALUE - 1);
    }

    @Override
    int choose(int eligible, int running) {
        if (running != NOBODY) {
            for (int change : changes) {
                if (change == decisions) {
                    demote(running);
                }
            }
        }
        decisions++;
        int best = NOBODY;
        for (int rest = eligible; rest != 0; rest &= rest - 1) {
            int thread = Integer.numberOfTrailingZeros(rest);
            if (best == NOBODY || priorities[thread] > priorities[best]) {
                best = thread;
            }
        }
        return best;
    }

    @Override
    void demote(int thread) {
        priorities[thread] = --lowest;
    }

    @Override
    String token() {
        return "pct:" + depth + ":" + decisionsExpected + ":" + Long.toHexString(seed);
    }
}
