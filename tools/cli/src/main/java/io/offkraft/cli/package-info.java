// SPDX-License-Identifier: BSD-3-Clause
/**
 * The {@code offkraft} command: options in, exit codes and reports out.
 *
 * <p>Here lives what a user types and what is done in which order. Traces, rounds, worker processes
 * and reports have packages of their own.
 */
package io.offkraft.cli;
