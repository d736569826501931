// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

/** Decides by random numbers from a seed. */
abstract sealed class SeededChooser extends Chooser permits RandomChooser, PctChooser {
    /** So rarely does a timer fire early: often enough for a time-out to race, once a schedule. */
    private static final int EARLY_TIMERS = 32;

    private static final int CLOCK_JUMPS = 32;

    /** Longer than any patience that a lock has with being overtaken. */
    private static final long JUMP_NANOS = 4_000_000;

    final Chance chance;
    final long seed;

    /** In so many of 16 cases does a spinner stay: it goes to sleep before others have moved. */
    private int stays;

    SeededChooser(long seed) {
        this.seed = seed;
        chance = new Chance(seed);
    }

    @Override
    void begin(int threads) {
        chance.rewind(seed);
        stays = chance.below(4) * 5;
    }

    @Override
    final boolean staysAfterSpin(int thread) {
        boolean stay = stays != 0 && chance.below(16) < stays;
        if (!stay) {
            demote(thread);
        }
        return stay;
    }

    /** The thread lets all others go first. */
    abstract void demote(int thread);

    @Override
    final boolean timerFires(boolean spinningOnly) {
        return chance.oneIn(spinningOnly ? 2 : EARLY_TIMERS);
    }

    @Override
    final long clockJumpNanos() {
        return chance.oneIn(CLOCK_JUMPS) ? JUMP_NANOS : 0;
    }

    @Override
    final long position() {
        return chance.position();
    }

    @Override
    void rewind(long position) {
        chance.rewind(position);
    }
}
