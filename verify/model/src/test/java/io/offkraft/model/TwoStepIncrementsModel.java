// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import io.offkraft.lockfree.PerCpuLongs;
import org.jetbrains.lincheck.datastructures.Operation;

/** A striped counter that adds in two steps: must be rejected. */
public class TwoStepIncrementsModel {
    private final PerCpuLongs parts = new PerCpuLongs(() -> 0, 2);

    @Operation
    public void increment() {
        parts.storeRelease(0, parts.loadAcquire(0) + 1);
    }

    @Operation
    public long sum() {
        return parts.loadAcquire(0) + parts.loadAcquire(1);
    }
}
