// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LockFreeModelTest {
    /** A thread that is fooled, and one that takes two and gives the first back. */
    private static final int ACTORS_FOR_ABA = 3;

    /** Who waits in a ring does the same in each turn: a few are as good as many. */
    private static final int TURNS_BEFORE_SWITCH = 4;

    private static final int TURNS_BEFORE_HANG = 50;

    private static ModelCheckingOptions queues() {
        return ModelCheck.options()
                .sequentialSpecification(QueueOfTwo.class)
                .loopIterationsBeforeThreadSwitch(TURNS_BEFORE_SWITCH)
                .loopBound(TURNS_BEFORE_HANG);
    }

    private static ModelCheckingOptions stacks() {
        return ModelCheck.options().actorsPerThread(ACTORS_FOR_ABA);
    }

    @ParameterizedTest
    @ValueSource(classes = {MpmcRingModel.class, SpscRingModel.class})
    @DisplayName("R-01 a ring is a queue whose full and empty are exact")
    void ringIsLinearizable(Class<?> model) {
        queues().check(model);
    }

    @Test
    @DisplayName("R-02 an index of the stack has one owner at a time, also with ABA")
    void stackIsLinearizable() {
        stacks().check(IndexStackModel.class);
    }

    @Test
    @DisplayName("R-02 several indices at once are taken, and given back, at one moment")
    void chainsAreLinearizable() {
        stacks().check(IndexStackChainModel.class);
    }

    @ParameterizedTest
    @ValueSource(classes = {SlotRingModel.class, EarlyTailModel.class, SharedSpscRingModel.class})
    void brokenRingIsRejected(Class<?> twin) {
        assertRejected(queues(), twin);
    }

    @Test
    void stackWithoutATagIsRejected() {
        assertRejected(stacks(), UntaggedStackModel.class);
    }

    @Test
    void indicesThatGoBackOneByOneAreRejected() {
        assertRejected(stacks(), OneByOneModel.class);
    }

    private static void assertRejected(ModelCheckingOptions options, Class<?> twin) {
        assertThatThrownBy(() -> options.minimizeFailedScenario(false).check(twin))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Invalid execution results");
    }
}
