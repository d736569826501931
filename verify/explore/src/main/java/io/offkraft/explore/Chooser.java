// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

/** Decides all that is open in a schedule; the same one decides the same again. */
abstract sealed class Chooser permits SeededChooser, PathChooser {
    /** Nobody runs, or the one that does has asked for others to go first. */
    static final int NOBODY = -1;

    /** A schedule of {@code threads} threads begins. */
    abstract void begin(int threads);

    /**
     * Returns who goes on.
     *
     * @param eligible bits of the threads that may, at least two
     * @param running who has come to its hook and may go on, or {@link #NOBODY}
     */
    abstract int choose(int eligible, int running);

    /** A thread was added while the others run. */
    abstract void added(int thread);

    /** Returns whether {@code thread}, which spins, may go on before the others have moved. */
    abstract boolean staysAfterSpin(int thread);

    /**
     * Returns whether a timer fires although threads can run.
     *
     * @param spinningOnly whether the only one that can run has just found that it must wait
     */
    abstract boolean timerFires(boolean spinningOnly);

    /** Returns by how much the clock jumps when somebody looks at it. */
    abstract long clockJumpNanos();

    /** Returns where it is, for {@link #rewind}. */
    abstract long position();

    /** Takes back all decisions since {@code position}, as nothing came of them. */
    abstract void rewind(long position);

    /** Returns the word by which {@link Explorer#replay} makes it again. */
    abstract String token();

    /** Returns what {@code token} stands for. */
    static Chooser of(String token) {
        String[] parts = token.split(":", -1);
        try {
            return switch (parts[0]) {
                case "random" -> new RandomChooser(Long.parseUnsignedLong(parts[1], 16));
                case "pct" ->
                        new PctChooser(
                                Long.parseUnsignedLong(parts[3], 16),
                                Integer.parseInt(parts[1]),
                                Integer.parseInt(parts[2]));
                case "path" -> PathChooser.parse(Integer.parseInt(parts[1]), parts[2]);
                default -> throw new IllegalArgumentException("no strategy " + parts[0]);
            };
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            throw new IllegalArgumentException(
                    "a schedule is random:<seed>, pct:<depth>:<decisions>:<seed> or"
                            + " path:<preemptions>:<choices>, not "
                            + token,
                    e);
        }
    }
}
