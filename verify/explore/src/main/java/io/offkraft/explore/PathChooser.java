// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import java.util.Arrays;
import java.util.StringJoiner;

/**
 * All schedules with at most so many preemptions, one after the other, depth first (context
 * bounding: Musuvathi and Qadeer, 2007). A switch away from a thread that could go on is a
 * preemption; from one that waits or spins it is free. Timers fire only if nobody can run but
 * spinners, and the clock does not jump.
 */
final class PathChooser extends Chooser {
    private final int preemptionsMax;

    /** What was chosen at each decision: 0 goes on, if it can. */
    private int[] choices = new int[64];

    private int[] options = new int[64];

    /** How many of the choices are given; the rest are 0. */
    private int length;

    private int decision;
    private int preemptions;

    PathChooser(int preemptionsMax) {
        this.preemptionsMax = preemptionsMax;
    }

    static PathChooser parse(int preemptionsMax, String path) {
        PathChooser chooser = new PathChooser(preemptionsMax);
        if (!path.isEmpty()) {
            String[] parts = path.split("\\.", -1);
            chooser.choices = new int[Math.max(parts.length, 64)];
            chooser.options = new int[chooser.choices.length];
            chooser.length = parts.length;
            for (int i = 0; i < parts.length; i++) {
                chooser.choices[i] = Integer.parseInt(parts[i]);
            }
        }
        return chooser;
    }

    @Override
    void begin(int threads) {
        decision = 0;
        preemptions = 0;
    }

    /** Goes to the next path; false if that was the last one. */
    boolean advance() {
        length = decision;
        while (length > 0) {
            int last = length - 1;
            if (++choices[last] < options[last]) {
                return true;
            }
            choices[last] = 0;
            length = last;
        }
        return false;
    }

    @Override
    int choose(int eligible, int running) {
        boolean mayStay = running != NOBODY && (eligible & (1 << running)) != 0;
        if (mayStay && preemptions == preemptionsMax) {
            return running;
        }
        int choice = next(Integer.bitCount(eligible));
        int others = eligible;
        if (mayStay) {
            if (choice == 0) {
                return running;
            }
            preemptions++;
            others &= ~(1 << running);
            choice--;
        }
        for (; choice > 0; choice--) {
            others &= others - 1;
        }
        return Integer.numberOfTrailingZeros(others);
    }

    private int next(int count) {
        if (decision == choices.length) {
            choices = Arrays.copyOf(choices, 2 * decision);
            options = Arrays.copyOf(options, 2 * decision);
        }
        if (decision >= length) {
            choices[decision] = 0;
        }
        options[decision] = count;
        return choices[decision++];
    }

    @Override
    void added(int thread) {}

    @Override
    boolean staysAfterSpin(int thread) {
        return false;
    }

    @Override
    boolean timerFires(boolean spinningOnly) {
        return spinningOnly;
    }

    @Override
    long clockJumpNanos() {
        return 0;
    }

    @Override
    long position() {
        return ((long) preemptions << 32) | decision;
    }

    @Override
    void rewind(long position) {
        decision = (int) position;
        preemptions = (int) (position >>> 32);
    }

    @Override
    String token() {
        StringJoiner path = new StringJoiner(".");
        for (int i = 0; i < decision; i++) {
            path.add(Integer.toString(choices[i]));
        }
        return "path:" + preemptionsMax + ":" + path;
    }
}
