// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

import io.offkraft.platform.ResidentSet;
import org.jspecify.annotations.Nullable;

/**
 * By how much the anonymous resident set grew between two moments, at its peak.
 *
 * <p>The kernel keeps a peak of the whole set only. What the set's other parts hold at the end is
 * taken off it: they grow a little, when code is touched for the first time, and hardly ever
 * shrink.
 *
 * <p><b>Thread safety:</b> one thread.
 */
final class ResidentGrowth {
    private @Nullable ResidentSet before;
    private @Nullable ResidentSet after;

    /** Begins; the reading itself has been rehearsed, so that it adds nothing. */
    void begin() {
        ResidentSet unusedRehearsal = ResidentSet.ofProcess();
        if (ResidentSet.resetPeak()) {
            before = ResidentSet.ofProcess();
        }
    }

    /** Ends. */
    void end() {
        after = ResidentSet.ofProcess();
    }

    /** Returns the growth between begin and end; null if the kernel refuses to measure it. */
    @Nullable Long peakBytes() {
        return before == null || after == null ? null : peakBytes(before, after);
    }

    static long peakBytes(ResidentSet before, ResidentSet after) {
        long anonymousPeak = after.peak() - after.file() - after.shared();
        return Math.max(0, anonymousPeak - before.anonymous());
    }
}
