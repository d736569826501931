// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload.allocator;

import java.lang.foreign.Arena;

/** Blocks that are an arena of the JDK's each, set to zero. */
final class JdkArenaBlocks extends ArenaBlocks {
    private final boolean shared;

    JdkArenaBlocks(int objects, boolean shared) {
        super(objects);
        this.shared = shared;
    }

    @Override
    @SuppressWarnings("MustBeClosedChecker") // free closes it
    Arena openArena() {
        return shared ? Arena.ofShared() : Arena.ofConfined();
    }
}
