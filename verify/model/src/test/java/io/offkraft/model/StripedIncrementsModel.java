// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import io.offkraft.lockfree.StripedCounter;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.Operation;

/** The striped counter, if all additions are increments. */
public class StripedIncrementsModel {
    private final AtomicInteger place = new AtomicInteger();
    private final StripedCounter counter = new StripedCounter(place::getAndIncrement, 2);

    @Operation
    public void increment() {
        counter.increment();
    }

    @Operation
    public long sum() {
        return counter.sum();
    }
}
