// SPDX-License-Identifier: BSD-3-Clause
/**
 * A trace on an allocator: who makes which call when, timed or verified.
 *
 * <p>Here lives one round of a replay inside one process. How processes are arranged and results
 * shown must not be added here.
 */
package io.offkraft.cli.replay;
