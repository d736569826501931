// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import io.offkraft.lockfree.IndexStack;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;

/** Two indices that go back one after the other, not at once: must be rejected. */
@Param(name = "thread", gen = ThreadIdGen.class)
public class OneByOneModel {
    private final IndexStack stack = IndexStack.full(Pool.INDICES);
    private final Pool pool = new Pool(() -> stack.popOr(Pool.NONE), stack::push);

    @Operation
    public int takeTwo(@Param(name = "thread") int thread) {
        int first = stack.popSomeOr(2, Pool.NONE);
        int second = first == Pool.NONE ? Pool.NONE : stack.belowOr(first, Pool.NONE);
        return pool.own(thread, first, second);
    }

    @Operation
    public int giveTwoBack(@Param(name = "thread") int thread) {
        return pool.giveTwoBack(
                thread,
                (upper, lower) -> {
                    stack.push(lower);
                    stack.push(upper);
                });
    }
}
