// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A machine made of a few folders, for scripts: what is installed is what a test puts there. The
 * scripts' own tools (sed, find, …) are linked in one by one, so that no Java or Maven of the real
 * machine is on the PATH.
 */
final class FakeMachine {
    private static final List<String> TOOLS =
            List.of(
                    "bash",
                    "cat",
                    "dirname",
                    "env",
                    "find",
                    "flock",
                    "mkdir",
                    "mktemp",
                    "mv",
                    "readlink",
                    "rm",
                    "sed",
                    "sleep",
                    "sort",
                    "tail",
                    "tee",
                    "touch",
                    "tr");

    /** What a script did: its exit status and what it wrote. */
    record Outcome(int status, String out, String err) {}

    private final Path root;
    private final Path bin;

    /** Makes the machine in the empty folder {@code root}. */
    FakeMachine(Path root) throws IOException {
        this.root = root;
        bin = Files.createDirectories(root.resolve("bin"));
        Files.createDirectories(home());
        for (String tool : TOOLS) {
            Files.createSymbolicLink(bin.resolve(tool), find(tool));
        }
    }

    private static Path find(String tool) {
        for (String folder : List.of("/usr/bin", "/bin")) {
            if (Files.isExecutable(Path.of(folder, tool))) {
                return Path.of(folder, tool);
            }
        }
        throw new IllegalStateException("these tests need the command " + tool);
    }

    Path root() {
        return root;
    }

    Path home() {
        return root.resolve("home");
    }

    /** Puts a command on the PATH. */
    void command(String name, String script) throws IOException {
        executable(bin.resolve(name), script);
    }

    /** Links a command on the PATH to {@code target}. */
    void link(String name, Path target) throws IOException {
        Files.createSymbolicLink(bin.resolve(name), target);
    }

    /** Installs a JDK whose java does as {@code script} says, and returns its folder. */
    Path jdk(String folder, String version, String script) throws IOException {
        Path jdk = jre(folder, version, script);
        executable(jdk.resolve("bin/javac"), "exit 1");
        return jdk;
    }

    /** Installs what has a java and no javac. */
    Path jre(String folder, String version, String script) throws IOException {
        Path jre = root.resolve(folder);
        Files.createDirectories(jre.resolve("bin"));
        executable(jre.resolve("bin/java"), script);
        Files.writeString(
                jre.resolve("release"),
                "IMPLEMENTOR=\"Nobody\"\nJAVA_VERSION=\"" + version + "\"\nOS_NAME=\"Linux\"\n");
        return jre;
    }

    private static void executable(Path file, String script) throws IOException {
        Files.writeString(file, "#!/usr/bin/env bash\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Runs a command on this machine, in {@code folder}, and waits for its end. */
    Outcome run(Path folder, Map<String, String> variables, String... command)
            throws IOException, InterruptedException {
        return await(start(folder, variables, command));
    }

    /** A command under way, and the files that it writes to. */
    record Running(Process process, Path out, Path err) {}

    /** Starts a command on this machine. */
    Running start(Path folder, Map<String, String> variables, String... command)
            throws IOException {
        Path out = Files.createTempFile(root, "out", "");
        Path err = Files.createTempFile(root, "err", "");
        List<String> line = new ArrayList<>(List.of(command));
        ProcessBuilder builder = new ProcessBuilder(line).directory(folder.toFile());
        Map<String, String> environment = builder.environment();
        environment.clear();
        environment.put("PATH", bin.toString());
        environment.put("HOME", home().toString());
        environment.put("OFFKRAFT_JDK_ROOT", root.toString());
        environment.putAll(variables);
        Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        return new Running(process, out, err);
    }

    /** Waits for the end of a command. */
    static Outcome await(Running running) throws IOException, InterruptedException {
        if (!running.process().waitFor(60, TimeUnit.SECONDS)) {
            running.process().destroyForcibly();
            throw new AssertionError("still running after 60 s");
        }
        return new Outcome(
                running.process().exitValue(),
                Files.readString(running.out(), StandardCharsets.UTF_8),
                Files.readString(running.err(), StandardCharsets.UTF_8));
    }
}
