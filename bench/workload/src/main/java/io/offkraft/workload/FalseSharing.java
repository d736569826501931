// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

/**
 * Threads write to small blocks of their own: slow if the allocator has put blocks of two threads
 * into one cache line.
 *
 * <p>After E. Berger et al., "Hoard: a scalable memory allocator for multithreaded applications",
 * ASPLOS 2000. <i>cache-thrash</i> looks for active false sharing: the allocator itself gives one
 * line to two threads. <i>cache-scratch</i> looks for passive one: a thread frees a block that
 * another one allocated beside the next thread's, and must not be given the line's part again.
 */
final class FalseSharing extends Program {
    private static final int WRITES = 100;

    private final boolean passive;

    FalseSharing(int threads, boolean passive) {
        super(threads, 1);
        this.passive = passive;
    }

    @Override
    void round(Stage stage, int operationsEach) {
        if (passive) {
            stage.runAlone(main -> {
                for (int thread = 0; thread < threads(); thread++) {
                    main.allocate(thread * slotsEach(), SMALLEST_BYTES);
                }
            });
        }
        stage.run(member -> {
            int slot = member.first();
            if (passive) {
                member.rewrite(slot, WRITES);
                member.free(slot);
            }
            for (int operation = 0; operation < operationsEach; operation++) {
                member.allocate(slot, SMALLEST_BYTES);
                member.rewrite(slot, WRITES);
                member.free(slot);
            }
        });
    }
}
