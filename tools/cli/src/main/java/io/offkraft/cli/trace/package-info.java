// SPDX-License-Identifier: BSD-3-Clause
/**
 * Recorded programs: the trace format, read strictly.
 *
 * <p>Here lives what a trace says and whether it makes sense. How it is replayed must not be added
 * here.
 */
package io.offkraft.cli.trace;
