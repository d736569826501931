// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpinLockModelTest {
    @Test
    @DisplayName("L-01 a counter under the spin lock is linearizable")
    void lockedCounterIsLinearizable() {
        ModelCheck.options().check(SpinLockCounterModel.class);
    }

    @Test
    @DisplayName("L-02 tries on the spin lock are linearizable")
    void triesAreLinearizable() {
        ModelCheck.options().check(SpinLockTryModel.class);
    }

    @ParameterizedTest
    @ValueSource(
            classes = {
                CheckThenSetCounterModel.class,
                CheckThenSetTryModel.class,
                ImpatientCounterModel.class
            })
    void brokenTwinIsRejected(Class<?> twin) {
        assertThatThrownBy(() -> ModelCheck.options().check(twin))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Invalid execution results");
    }
}
