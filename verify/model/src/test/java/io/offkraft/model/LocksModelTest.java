// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocksModelTest {
    /** Who sleeps is followed through many more steps: fewer programs in the same time. */
    private static ModelCheckingOptions sleepers() {
        return ModelCheck.options(8).invocationsPerIteration(60);
    }

    private static ModelCheckingOptions sharedTries() {
        return ModelCheck.options()
                .sequentialSpecification(SharedTryModel.Room.class)
                .actorsPerThread(3)
                .actorsAfter(0); // it would run in another thread, which holds nothing
    }

    private static ModelCheckingOptions recursion() {
        return ModelCheck.options()
                .sequentialSpecification(RecursiveMutexModel.Holding.class)
                .actorsPerThread(3)
                .actorsAfter(0);
    }

    @ParameterizedTest
    @ValueSource(
            classes = {
                CounterModel.Ticket.class,
                CounterModel.Mcs.class,
                CounterModel.Sequence.class,
                CounterModel.PhaseFairWrite.class,
                CounterModel.BigReaderWrite.class,
            })
    @DisplayName("L-01 L-02 a counter under a lock is linearizable")
    void counterIsLinearizable(Class<?> model) {
        ModelCheck.options(2).check(model);
    }

    @ParameterizedTest
    @ValueSource(
            classes = {
                CounterModel.BlockingWrite.class,
                CounterModel.Sleeping.class,
                CounterModel.HandingOver.class,
                CounterModel.Tokens.class,
            })
    @DisplayName("L-01 L-11 a counter under a lock whose waiters sleep is linearizable")
    void counterOfSleepersIsLinearizable(Class<?> model) {
        sleepers().check(model);
    }

    @ParameterizedTest
    @ValueSource(classes = {SharedCounterModel.PhaseFair.class, SharedCounterModel.BigReader.class})
    @DisplayName("L-12 a counter is linearizable under a lock that is upgraded and downgraded")
    void sharedCounterIsLinearizable(Class<?> model) {
        ModelCheck.options(2).check(model);
    }

    @ParameterizedTest
    @ValueSource(classes = {SharedTryModel.PhaseFair.class, SharedTryModel.Blocking.class})
    @DisplayName("L-12 tries to read and to write are linearizable")
    void sharedTriesAreLinearizable(Class<?> model) {
        sharedTries().check(model);
    }

    @Test
    void readingWithoutTheSequenceLockIsLinearizable() {
        ModelCheck.options().check(SequenceLockModel.class);
    }

    @Test
    @DisplayName("L-11 tokens are linearizable")
    void tokensAreLinearizable() {
        ModelCheck.options(3).check(SemaphoreModel.class);
    }

    @Test
    @DisplayName("L-08 a recursive mutex is its holder's until the last unlock")
    void recursionIsLinearizable() {
        recursion().check(RecursiveMutexModel.class);
    }

    @ParameterizedTest
    @ValueSource(
            classes = {
                CounterModel.TwoStepTicket.class,
                SharedCounterModel.GappedUpgrade.class,
                SharedCounterModel.GappedDowngrade.class,
                SequenceLockModel.EarlyValidation.class,
                SemaphoreModel.TwoSteps.class,
            })
    void brokenTwinIsRejected(Class<?> twin) {
        assertRejected(ModelCheck.options(), twin);
    }

    @Test
    void lookingBeforeEnteringIsRejected() {
        assertRejected(sharedTries(), SharedTryModel.LookThenEnter.class);
    }

    @Test
    void forgottenRecursionIsRejected() {
        assertRejected(recursion(), RecursiveMutexModel.Forgetful.class);
    }

    private static void assertRejected(ModelCheckingOptions options, Class<?> twin) {
        assertThatThrownBy(() -> options.minimizeFailedScenario(false).check(twin))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Invalid execution results");
    }
}
