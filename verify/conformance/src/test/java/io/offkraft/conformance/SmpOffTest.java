// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What the switch {@code offkraft.smp} must not change; each run is a JVM of its own. */
class SmpOffTest {
    @Test
    @DisplayName("B-13 SMP off and on give the same addresses on one thread")
    void addressesDoNotDependOnSmp() throws Exception {
        List<String> on = addresses(true, 1);

        assertThat(on).hasSize(40_000);
        assertThat(addresses(false, 1)).isEqualTo(on);
        assertThat(addresses(false, 2)).isNotEqualTo(on); // so that equality says something
    }

    private static List<String> addresses(boolean smp, long seed)
            throws IOException, InterruptedException {
        Process jvm =
                new ProcessBuilder(
                                ProcessHandle.current().info().command().orElseThrow(),
                                "-Doffkraft.smp=" + smp,
                                "-Doffkraft.decay=1h", // when memory is given back is not the
                                // question
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                AddressLog.class.getName(),
                                Long.toString(seed))
                        .redirectErrorStream(true)
                        .start();
        List<String> lines = jvm.inputReader().lines().toList();
        assertThat(jvm.waitFor()).as("exit code; %s", lines).isZero();
        return lines;
    }
}
