// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.word;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Without the switch; with it, see verify/conformance. */
class SharedAtomicsTest {
    @Test
    void withoutTheSwitchNothingIsCounted() {
        SharedAtomics.count();
        assertThatThrownBy(SharedAtomics::byPlace)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("offkraft.debug.atomics=true");
    }
}
