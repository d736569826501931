// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.replay;

import io.offkraft.workload.allocator.Blocks;

/**
 * Frees what is left over after a round, each object on the thread that had it last.
 *
 * <p>Not on one thread for all: a block that a stranger frees is dearer with most allocators, and
 * the next round, which is timed, would pay a part of that, for something that the program never
 * did.
 */
final class LeftOver implements Replayer {
    private final LiveObjects live;
    private final Blocks blocks;

    LeftOver(LiveObjects live, Blocks blocks) {
        this.live = live;
        this.blocks = blocks;
    }

    @Override
    public int replay(int thread, Handover unused) {
        int freed = 0;
        for (int n = 0; n < live.count(); n++) {
            if (live.threads()[n] == thread) {
                blocks.free(live.objects()[n]);
                freed++;
            }
        }
        return freed;
    }
}
