// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

import java.nio.file.Path;
import java.util.List;

/**
 * A log, read.
 *
 * @param file where from
 * @param lines how many lines it has
 * @param calls in the order in which they took effect
 * @param remarks what is in it beside whole calls
 */
record StraceLog(Path file, int lines, List<LoggedCall> calls, Remarks remarks) {}
