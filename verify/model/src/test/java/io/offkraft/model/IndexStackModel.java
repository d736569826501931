// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import io.offkraft.lockfree.IndexStack;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;

/** an index of the stack has one owner at a time, and none is lost. */
@Param(name = "thread", gen = ThreadIdGen.class)
public class IndexStackModel {
    private final IndexStack stack = IndexStack.full(Pool.INDICES);
    private final Pool pool = new Pool(() -> stack.popOr(Pool.NONE), stack::push);

    @Operation
    public Pool.Outcome take(@Param(name = "thread") int thread) {
        return pool.take(thread);
    }

    @Operation
    public Pool.Outcome giveBack(@Param(name = "thread") int thread) {
        return pool.giveBack(thread);
    }
}
