// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload.allocator;

import io.offkraft.sync.Synchronization;
import org.jspecify.annotations.Nullable;

/**
 * What the command line says of Offkraft's heap; the peers have no such choices.
 *
 * @param limitBytes the most bytes the heap may hold, or null for what the process is configured
 *     for
 * @param synchronization how threads are kept apart, or null for what the process is configured for
 */
public record HeapOptions(@Nullable Long limitBytes, @Nullable Synchronization synchronization) {}
