// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import io.offkraft.lockfree.SpscLongRing;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;

/** The SPSC ring with two threads in one role, which it does not allow: must be rejected. */
public class SharedSpscRingModel {
    private final SpscLongRing ring = new SpscLongRing(2);

    @Operation
    public boolean offer(@Param(gen = IntGen.class) int value) {
        return ring.offer(value);
    }

    @Operation
    public long poll() {
        return ring.pollOr(-1);
    }
}
