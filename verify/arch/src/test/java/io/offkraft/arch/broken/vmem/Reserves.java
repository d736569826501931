// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch.broken.vmem;

/** What the layer below must not call. */
public final class Reserves {
    private Reserves() {}

    /** Returns an address. */
    public static long reserve() {
        return 4096;
    }
}
