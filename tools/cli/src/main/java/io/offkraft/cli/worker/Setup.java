// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

import io.offkraft.workload.allocator.AllocatorKind;
import io.offkraft.workload.allocator.HeapOptions;

/**
 * What a worker is for: the first line it is sent, and any later one that is no command.
 *
 * @param task what is asked for
 * @param allocator whom it is asked for, the same in all of a worker's life
 * @param heap what the command line says of Offkraft's heap
 */
public record Setup(Task task, AllocatorKind allocator, HeapOptions heap) {
    /** Returns what is done and on what, for messages. */
    String text() {
        return task.text() + " on " + allocator.label();
    }
}
