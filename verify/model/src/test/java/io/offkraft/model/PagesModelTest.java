// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt.forClasses;

import java.util.Arrays;
import java.util.List;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Needs {@code offkraft.debug.schedule=true}: the volatile read before each access to raw memory is
 * where Lincheck changes threads.
 *
 * <p>The programs are given, as each run makes an allocator, which takes long, and as most of those
 * that are made up give back what nobody has taken.
 */
class PagesModelTest {
    /** Sets a timer, once an allocator: of a thread that Lincheck does not know of. */
    private static final String CLOCK = "io.offkraft.buddy.Decay";

    private static final int SCHEDULES = Boolean.getBoolean("stress") ? 5_000 : 120;

    @BeforeAll
    static void startTheClock() {
        PagesModel before = new PagesModel();
        assertThat(before.take(1)).isEqualTo(Pool.Outcome.DONE);
    }

    private static ModelCheckingOptions programsOf(Class<?> model) {
        return ModelCheck.options()
                .iterations(0)
                .invocationsPerIteration(SCHEDULES)
                .addGuarantee(forClasses(CLOCK).allMethods().ignore())
                .minimizeFailedScenario(false)
                // One page more than there is.
                .addCustomScenario(
                        program(
                                thread(model, 1, "take", "take", "giveBack"),
                                thread(model, 2, "take", "take", "take")))
                .addCustomScenario(
                        program(
                                thread(model, 1, "takeAll", "giveBack", "take"),
                                thread(model, 2, "take", "giveBack", "takeAll")));
    }

    private static ExecutionScenario program(List<Actor> first, List<Actor> second) {
        return new ExecutionScenario(List.of(), List.of(first, second), List.of(), null);
    }

    private static List<Actor> thread(Class<?> model, int number, String... operations) {
        return Arrays.stream(operations).map(operation -> actor(model, operation, number)).toList();
    }

    private static Actor actor(Class<?> model, String operation, int thread) {
        try {
            return new Actor(model.getMethod(operation, int.class), List.of(thread));
        } catch (NoSuchMethodException misspelt) {
            throw new IllegalArgumentException(misspelt);
        }
    }

    @ParameterizedTest
    @ValueSource(classes = {PagesModel.class, PagesModel.Bare.class})
    @DisplayName("B-01 B-03 a page has one owner, and is refused only when there is none")
    void pagesAreLinearizable(Class<?> model) {
        programsOf(model).check(model);
    }

    @Test
    void pagesLookedAtAndThenTakenAreRejected() {
        assertThatThrownBy(() ->
                        programsOf(LookThenTakePagesModel.class)
                                .check(LookThenTakePagesModel.class))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Invalid execution results");
    }
}
