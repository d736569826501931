// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import io.offkraft.word.SchedulePoint;

/** Vyukov's ring, with a flaw. */
final class BrokenRing implements Numbers {
    /** What is wrong. */
    enum Flaw {
        /** As published: says full and empty by the slot alone. */
        GOES_BY_THE_SLOT,
        /** Looks at the position and then stores it. */
        CLAIMS_IN_TWO_STEPS,
        /** Stores the sequence before the value. */
        PUBLISHES_EARLY,
        /** Stores the sequence before it has read the value. */
        VACATES_EARLY
    }

    private final Flaw flaw;
    private final long[] sequences;
    private final long[] values;
    private long tail;
    private long head;

    BrokenRing(int capacity, Flaw flaw) {
        this.flaw = flaw;
        sequences = new long[capacity];
        values = new long[capacity];
        for (int i = 0; i < capacity; i++) {
            sequences[i] = i;
        }
    }

    private int slot(long position) {
        return (int) position & (sequences.length - 1);
    }

    @Override
    public boolean offer(long value) {
        while (true) {
            SchedulePoint.reach();
            long position = tail;
            SchedulePoint.reach();
            long ahead = sequences[slot(position)] - position;
            if (ahead == 0) {
                SchedulePoint.reach();
                if (flaw == Flaw.CLAIMS_IN_TWO_STEPS || tail == position) {
                    tail = position + 1;
                    fill(position, value);
                    return true;
                }
            } else if (ahead < 0) {
                SchedulePoint.reach();
                if (flaw == Flaw.GOES_BY_THE_SLOT || head == position - sequences.length) {
                    return false;
                }
                SchedulePoint.spin();
            }
        }
    }

    private void fill(long position, long value) {
        if (flaw == Flaw.PUBLISHES_EARLY) {
            SchedulePoint.reach();
            sequences[slot(position)] = position + 1;
            SchedulePoint.reach();
            values[slot(position)] = value;
        } else {
            values[slot(position)] = value;
            SchedulePoint.reach();
            sequences[slot(position)] = position + 1;
        }
    }

    @Override
    public long pollOr(long ifEmpty) {
        while (true) {
            SchedulePoint.reach();
            long position = head;
            SchedulePoint.reach();
            long ahead = sequences[slot(position)] - (position + 1);
            if (ahead == 0) {
                SchedulePoint.reach();
                if (head == position) {
                    head = position + 1;
                    return vacate(position);
                }
            } else if (ahead < 0) {
                SchedulePoint.reach();
                if (flaw == Flaw.GOES_BY_THE_SLOT || tail == position) {
                    return ifEmpty;
                }
                SchedulePoint.spin();
            }
        }
    }

    private long vacate(long position) {
        if (flaw == Flaw.VACATES_EARLY) {
            SchedulePoint.reach();
            sequences[slot(position)] = position + sequences.length;
            SchedulePoint.reach();
            return values[slot(position)];
        }
        long value = values[slot(position)];
        SchedulePoint.reach();
        sequences[slot(position)] = position + sequences.length;
        return value;
    }
}
