// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

/**
 * What one timed round came to.
 *
 * @param nanos wall time from the start of all threads to the end of the last
 * @param operations calls that were replayed, or blocks that were allocated and freed
 * @param javaHeapBytes what its threads allocated on the Java heap meanwhile; of a replay, 0
 */
public record Timed(long nanos, long operations, long javaHeapBytes) {}
