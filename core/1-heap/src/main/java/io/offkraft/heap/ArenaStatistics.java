// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

/**
 * What the arenas of a heap did and hold; exact at rest.
 *
 * @param openArenas confined and shared arenas that are open
 * @param forgottenArenas confined and shared arenas that became unreachable before they were closed
 * @param generations JDK arenas that back shared and automatic ones
 * @param handshakes how many of those were closed, each at the price of {@code
 *     Arena.ofShared().close()}
 * @param waitingBytes bytes of closed shared arenas that can't be recycled before others of their
 *     generation are closed
 */
public record ArenaStatistics(
        long openArenas,
        long forgottenArenas,
        long generations,
        long handshakes,
        long waitingBytes) {}
