// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;

/** Treiber's stack of indices without a tag: must be rejected. */
@Param(name = "thread", gen = ThreadIdGen.class)
public class UntaggedStackModel {
    private final AtomicInteger top = new AtomicInteger(0);
    private final AtomicIntegerArray next = new AtomicIntegerArray(new int[] {1, 2, Pool.NONE});
    private final Pool pool = new Pool(this::pop, this::push);

    private int pop() {
        while (true) {
            int seen = top.get();
            if (seen == Pool.NONE) {
                return Pool.NONE;
            }
            int below = next.get(seen);
            if (top.compareAndSet(seen, below)) {
                return seen;
            }
        }
    }

    private void push(int index) {
        int seen;
        do {
            seen = top.get();
            next.set(index, seen);
        } while (!top.compareAndSet(seen, index));
    }

    @Operation
    public Pool.Outcome take(@Param(name = "thread") int thread) {
        return pool.take(thread);
    }

    @Operation
    public Pool.Outcome giveBack(@Param(name = "thread") int thread) {
        return pool.giveBack(thread);
    }
}
