// SPDX-License-Identifier: BSD-3-Clause
/**
 * Locks, chosen by {@link io.offkraft.sync.Synchronization} and not wired in.
 *
 * <p>Here lives what makes threads wait for each other. What knows what a lock protects must not be
 * added here.
 */
package io.offkraft.sync;
