// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

/**
 * What a heap may hold, and does, with the heaps below it: all of one instant, in bytes of whole
 * pages.
 *
 * @param name the heap's, after the names of those above it: {@code server/session-3/query-7}
 * @param limitBytes what {@code chargedBytes} never exceeds
 * @param reservationBytes what is charged above it even if it is not held
 * @param heldBytes what the heap holds itself
 * @param heldWithDescendantsBytes what it and those below it hold
 * @param chargedBytes {@code heldBytes} and the {@code chargeToParentBytes} of its children
 * @param peakChargedBytes the highest value of {@code chargedBytes} so far
 * @param chargeToParentBytes the larger of {@code reservationBytes} and {@code chargedBytes}; of a
 *     heap that is below no other, 0
 */
public record HeapBudget(
        String name,
        long limitBytes,
        long reservationBytes,
        long heldBytes,
        long heldWithDescendantsBytes,
        long chargedBytes,
        long peakChargedBytes,
        long chargeToParentBytes) {}
