// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch.broken.word;

import io.offkraft.arch.broken.cli.Command;

/** Breaks the layers: foundation uses a tool. */
abstract class UsesATool {
    abstract Command command();
}
