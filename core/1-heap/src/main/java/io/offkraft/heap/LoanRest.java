// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

/**
 * Of which size classes a {@link ThreadHeap} asks for no loan for some calls, as that would cost
 * more than it brings: where the last one was refused, and where blocks are not taken from what is
 * lent, since others are freed first. Such calls are the heap's.
 *
 * <p><b>Thread safety:</b> one thread.
 */
final class LoanRest {
    /** At least one call in so many asks again. */
    static final int CALLS_A_TRY = 16;

    /** By size class: calls to come that ask for no loan. */
    private final byte[] left = new byte[SizeClasses.COUNT];

    /** How many those were after the last loan: more each time that hardly anything was taken. */
    private final byte[] after = new byte[SizeClasses.COUNT];

    /** How often blocks had been taken from what is lent, when a block was lent last. */
    private final long[] takes = new long[SizeClasses.COUNT];

    /** Counts a call; returns whether it asks for no loan. */
    boolean isOn(int sizeClass) {
        if (left[sizeClass] == 0) {
            return false;
        }
        left[sizeClass]--;
        return true;
    }

    /** A loan was refused. */
    void refused(int sizeClass) {
        left[sizeClass] = CALLS_A_TRY - 1;
    }

    /**
     * A block was lent, in place of the one before.
     *
     * @param now how often blocks were taken from what is lent
     */
    void lent(int sizeClass, long now) {
        // Of a loan that stays while others are made by the heap something is taken in the end.
        boolean wasOfUse = now - takes[sizeClass] > after[sizeClass] / 2;
        int calls = wasOfUse ? 0 : Math.min(2 * after[sizeClass] + 1, CALLS_A_TRY - 1);
        takes[sizeClass] = now;
        after[sizeClass] = (byte) calls;
        left[sizeClass] = (byte) calls;
    }
}
