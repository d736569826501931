// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EpochModelTest {
    /** Two additions at two places, while a sum is between them. */
    private static final int ACTORS = 3;

    @ParameterizedTest
    @ValueSource(classes = {RetiredListModel.class, StripedIncrementsModel.class})
    @DisplayName("R-03 retired items are a list taken as a whole; increments have a sum")
    void isLinearizable(Class<?> model) {
        ModelCheck.options().actorsPerThread(ACTORS).check(model);
    }

    @ParameterizedTest
    @ValueSource(classes = {TwoStepTakeModel.class, TwoStepIncrementsModel.class})
    void brokenTwinIsRejected(Class<?> twin) {
        assertRejected(twin);
    }

    @ParameterizedTest
    @DisplayName("what the counter does not promise: sums of additions that differ")
    @ValueSource(classes = StripedAdditionsModel.class)
    void differentAdditionsAreNotLinearizable(Class<?> model) {
        assertRejected(model);
    }

    private static void assertRejected(Class<?> model) {
        assertThatThrownBy(() ->
                        ModelCheck.options()
                                .actorsPerThread(ACTORS)
                                .iterations(100)
                                .minimizeFailedScenario(false)
                                .check(model))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Invalid execution results");
    }
}
