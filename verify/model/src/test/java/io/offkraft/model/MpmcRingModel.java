// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import io.offkraft.lockfree.MpmcLongRing;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;

/** the MPMC ring is a queue, full and empty exactly when it should be. */
public class MpmcRingModel {
    private final MpmcLongRing ring = new MpmcLongRing(2);

    @Operation
    public boolean offer(@Param(gen = IntGen.class) int value) {
        return ring.offer(value);
    }

    @Operation
    public long poll() {
        return ring.pollOr(-1);
    }
}
