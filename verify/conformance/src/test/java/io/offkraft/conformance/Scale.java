// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import io.offkraft.config.OffkraftConfig;

/** How much of a scenario is run: the quick count, or with {@code -Dstress=true} the full one. */
final class Scale {
    private static final boolean STRESS = Boolean.getBoolean("stress");

    private Scale() {}

    static int of(int quick, int full) {
        return STRESS ? full : quick;
    }

    /** The thread counts of a scenario: a few, or all; with SMP off one is all that is allowed. */
    static int[] threads() {
        if (!OffkraftConfig.SMP) {
            return new int[] {1};
        }
        return STRESS ? new int[] {1, 2, 4, 8, 16, 32, 64} : new int[] {2, 8};
    }
}
