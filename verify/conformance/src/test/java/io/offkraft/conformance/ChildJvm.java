// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A JVM beside the test's, with properties of its own. */
final class ChildJvm {
    private final List<String> options;
    private final List<String> launcher = new ArrayList<>();

    /** Makes one that is started with {@code options} beside the class path and native access. */
    ChildJvm(String... options) {
        this.options = List.of(options);
    }

    /** Lets it have so many KiB of addresses and no more: RLIMIT_AS. */
    ChildJvm limitingAddresses(long kibibytes) {
        launcher.addAll(List.of("sh", "-c", "ulimit -v " + kibibytes + " && exec \"$@\"", "sh"));
        return this;
    }

    /** Runs {@code main} to its end, which must be a good one; returns the lines it printed. */
    List<String> run(Class<?> main, String... arguments) throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>(launcher);
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(options);
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(main.getName());
        command.addAll(List.of(arguments));
        final Process jvm = new ProcessBuilder(command).redirectErrorStream(true).start();
        final List<String> lines = jvm.inputReader().lines().toList();
        assertThat(jvm.waitFor()).as("exit code; %s", lines).isZero();
        return lines;
    }
}
