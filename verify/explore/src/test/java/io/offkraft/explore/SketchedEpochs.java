// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import io.offkraft.lockfree.CpuLocator;
import io.offkraft.word.SchedulePoint;

/**
 * Grace periods in a few lines, right or broken in one way. One writer; its {@code retire} waits.
 */
final class SketchedEpochs implements Epochs {
    /** How it is made. */
    enum Kind {
        /** As the reclaimer: a reader leaves where it entered, both parities are waited for. */
        RIGHT,
        /** Broken: waits for nobody. */
        AT_ONCE,
        /** Broken: waits for the parity of before the flip only. */
        ONE_FLIP,
        /** Right: a reader leaves where it is; exits are summed before entries. */
        EXITS_FIRST,
        /** Broken: entries are summed first. */
        ENTRIES_FIRST
    }

    private static final int PLACES = 2;

    private final Kind kind;
    private final CpuLocator locator = Epochs.migrating();
    private final int[][] entries = new int[2][PLACES];
    private final int[][] exits = new int[2][PLACES];
    private int epoch;

    SketchedEpochs(Kind kind) {
        this.kind = kind;
    }

    @Override
    public long enter() {
        SchedulePoint.reach();
        int parity = epoch & 1;
        int place = locator.among(PLACES);
        SchedulePoint.reach();
        entries[parity][place]++;
        return ((long) place << 1) | parity;
    }

    @Override
    public void exit(long token) {
        boolean stays = kind == Kind.RIGHT || kind == Kind.AT_ONCE || kind == Kind.ONE_FLIP;
        int place = stays ? (int) token >> 1 : locator.among(PLACES);
        SchedulePoint.reach();
        exits[(int) token & 1][place]++;
    }

    @Override
    public void retire(Runnable action) {
        synchronize();
        action.run();
    }

    @Override
    public void poll() {}

    @Override
    public void synchronize() {
        if (kind == Kind.AT_ONCE) {
            return;
        }
        if (kind != Kind.ONE_FLIP) {
            await(1 - (epoch & 1));
        }
        SchedulePoint.reach();
        epoch++;
        await(1 - (epoch & 1));
    }

    private void await(int parity) {
        while (!isEmpty(parity)) {
            SchedulePoint.spin();
        }
    }

    private boolean isEmpty(int parity) {
        return switch (kind) {
            case AT_ONCE -> true;
            case RIGHT, ONE_FLIP -> {
                boolean empty = true;
                for (int place = 0; place < PLACES && empty; place++) {
                    SchedulePoint.reach();
                    empty = entries[parity][place] <= exits[parity][place];
                }
                yield empty;
            }
            case EXITS_FIRST -> {
                int left = sum(exits[parity]);
                yield sum(entries[parity]) == left;
            }
            case ENTRIES_FIRST -> {
                int entered = sum(entries[parity]);
                yield entered == sum(exits[parity]);
            }
        };
    }

    private static int sum(int[] counts) {
        int sum = 0;
        for (int count : counts) {
            SchedulePoint.reach();
            sum += count;
        }
        return sum;
    }
}
