// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.replay;

/** What the threads of a round do: each makes the calls of its plan. */
interface Replayer {
    /**
     * Makes the calls of thread {@code thread} until they are all made, or the replay is stopped,
     * or a call finds no memory, which stops it.
     *
     * @return the calls made
     * @throws AllocatorException if the allocator threw
     */
    int replay(int thread, Handover handover);
}
