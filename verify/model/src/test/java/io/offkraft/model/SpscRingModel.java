// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import io.offkraft.lockfree.SpscLongRing;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;

/** the SPSC ring is a queue if one thread at a time puts and one at a time takes. */
public class SpscRingModel {
    private final SpscLongRing ring = new SpscLongRing(2);

    @Operation(nonParallelGroup = "putters")
    public boolean offer(@Param(gen = IntGen.class) int value) {
        return ring.offer(value);
    }

    @Operation(nonParallelGroup = "takers")
    public long poll() {
        return ring.pollOr(-1);
    }
}
