// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.negative;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A JVM that runs a main class with some folders before the ordinary class path. */
final class Child {
    /**
     * How a child ended.
     *
     * @param exit its exit code
     * @param output what it printed, errors included
     */
    record Result(int exit, String output) {}

    private Child() {}

    static Result run(List<Path> first, String mainClass, List<String> arguments)
            throws IOException, InterruptedException {
        StringBuilder classPath = new StringBuilder();
        for (Path folder : first) {
            classPath.append(folder).append(':');
        }
        classPath.append(System.getProperty("java.class.path"));
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--enable-native-access=ALL-UNNAMED");
        command.addAll(List.of("-cp", classPath.toString(), mainClass));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), output);
    }
}
