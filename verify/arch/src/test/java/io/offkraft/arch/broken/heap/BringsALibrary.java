// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch.broken.heap;

import org.assertj.core.api.Assertions;

/** Breaks the rule of dependencies: core code with a library. */
final class BringsALibrary {
    private BringsALibrary() {}

    static void use() {
        Assertions.assertThat(1).isPositive();
    }
}
