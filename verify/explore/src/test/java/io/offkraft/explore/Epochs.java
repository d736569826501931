// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import io.offkraft.lockfree.CpuLocator;
import io.offkraft.lockfree.EpochReclaimer;

/** Sections of readers, and actions after them: the reclaimer, or a sketch of one. */
interface Epochs {
    long enter();

    void exit(long token);

    void retire(Runnable action);

    void poll();

    void synchronize();

    /** Another place each time: as if threads moved all the time. */
    static CpuLocator migrating() {
        int[] last = new int[1];
        return () -> last[0]++;
    }

    /** The reclaimer itself. */
    record Ours(EpochReclaimer epochs) implements Epochs {
        Ours(int places) {
            this(new EpochReclaimer(migrating(), places));
        }

        @Override
        public long enter() {
            return epochs.enter();
        }

        @Override
        public void exit(long token) {
            epochs.exit(token);
        }

        @Override
        public void retire(Runnable action) {
            epochs.retire(action);
        }

        @Override
        public void poll() {
            epochs.poll();
        }

        @Override
        public void synchronize() {
            epochs.synchronize();
        }
    }
}
