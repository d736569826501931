// SPDX-License-Identifier: BSD-3-Clause
/**
 * A deterministic explorer of schedules: runs a small program of a few threads many times, each
 * time in another order of their accesses to shared words, and can repeat each of them.
 */
@NullMarked
package io.offkraft.explore;

import org.jspecify.annotations.NullMarked;
