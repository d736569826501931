// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.openjdk.jcstress.infra.runners.TestList;

/**
 * Runs the litmus tests: for a moment, or with {@code -Dstress=true} in all configurations, which
 * takes hours.
 */
class LitmusTest {
    private static final String LITMUS = "io.offkraft.stress.litmus.";
    private static final String BROKEN = "io.offkraft.stress.broken.";
    private static final boolean FULL = Boolean.getBoolean("stress");
    private static final int ATTEMPTS = 6;

    private static final LitmusRun QUICK =
            LitmusRun.quickAtOnce(List.of(quoted(LITMUS), quoted(BROKEN)), 1, 200);

    @Test
    @DisplayName(
            "L-01 L-02 L-11 L-12 B-01 B-02 B-03 R-01 R-02 R-03 I-12 no litmus test sees what is forbidden")
    void litmusTestsSeeNothingForbidden() {
        final LitmusRun run = FULL ? LitmusRun.full(quoted(LITMUS)) : QUICK;
        final List<String> names = namesIn(run.names(), LITMUS);

        assertThat(names).isNotEmpty().isEqualTo(namesIn(TestList.tests(), LITMUS));
        for (final String name : names) {
            assertThat(run.objections(name)).as(name).isEmpty();
            assertThat(run.samples(name)).as("samples of %s", name).isPositive();
        }
    }

    @Test
    @DisplayName("every broken twin is rejected for what it forbids")
    void brokenTwinsAreRejected() {
        LitmusRun run = QUICK;
        final List<String> names = namesIn(run.names(), BROKEN);
        assertThat(names).isNotEmpty().isEqualTo(namesIn(TestList.tests(), BROKEN));

        // What is broken shows by chance: whoever got away is given longer.
        List<String> left = accepted(run, names);
        for (int attempt = 1; attempt < ATTEMPTS && !left.isEmpty(); attempt++) {
            run = LitmusRun.quick(either(left), 2 << attempt, 500);
            left = accepted(run, left);
        }
        assertThat(left).as("broken twins that were accepted").isEmpty();
    }

    private static List<String> accepted(LitmusRun run, List<String> names) {
        return names.stream().filter(name -> run.forbidden(name) == 0).toList();
    }

    private static List<String> namesIn(Collection<String> names, String prefix) {
        return new TreeSet<>(names).stream().filter(name -> name.startsWith(prefix)).toList();
    }

    private static String either(List<String> names) {
        return names.stream().map(LitmusTest::quoted).collect(Collectors.joining("|"));
    }

    private static String quoted(String name) {
        return name.replace(".", "\\.");
    }
}
