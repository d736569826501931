// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.stress;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.Main;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.infra.collectors.DiskReadCollector;
import org.openjdk.jcstress.infra.collectors.InProcessCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;
import org.openjdk.jcstress.infra.grading.ReportUtils;

/** One run of jcstress in a process of its own, and what it found. */
final class LitmusRun {
    // For jcstress, which pins threads; it hands its own options on to the processes it starts.
    private static final String NATIVE = "--enable-native-access=ALL-UNNAMED";

    private final Map<String, TestResult> byName;

    private LitmusRun(Map<String, TestResult> byName) {
        this.byName = byName;
    }

    /**
     * Runs the tests whose names match in one configuration of the virtual machine, for a moment.
     */
    static LitmusRun quick(String tests, int iterations, int iterationMillis) {
        return of(
                tests,
                List.of(
                        "-f",
                        "1",
                        "-iters",
                        Integer.toString(iterations),
                        "-time",
                        Integer.toString(iterationMillis),
                        "-hs", // MiB: all touched when a fork begins
                        "32",
                        "-fsm", // of the compiler's random choices one each, not five
                        "1",
                        "-sc",
                        "false",
                        "-af",
                        "NONE",
                        "-jvmArgs",
                        "-XX:+UseSerialGC " + NATIVE));
    }

    /**
     * The same for several patterns at once, which have no test in common: while one run starts a
     * virtual machine, which is most of what it does, another tests.
     */
    static LitmusRun quickAtOnce(List<String> patterns, int iterations, int iterationMillis) {
        final Map<String, TestResult> byName = new TreeMap<>();
        patterns.stream()
                .map(tests ->
                        CompletableFuture.supplyAsync(
                                () -> quick(tests, iterations, iterationMillis),
                                Thread::startVirtualThread))
                .toList()
                .forEach(run -> byName.putAll(run.join().byName));
        return new LitmusRun(byName);
    }

    /** Runs the tests whose names match in all configurations, compilers and placements. */
    static LitmusRun full(String tests) {
        return of(tests, List.of("-m", "default"));
    }

    private static LitmusRun of(String tests, List<String> options) {
        try {
            final Path directory = Files.createTempDirectory(Path.of("target"), "jcstress-");
            final List<String> command = new ArrayList<>();
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(List.of(NATIVE, "-cp", System.getProperty("java.class.path")));
            command.addAll(List.of(Main.class.getName(), "-t", tests, "-r", "report"));
            command.addAll(options);
            final Path log = directory.resolve("jcstress.log");
            final Process process =
                    new ProcessBuilder(command)
                            .directory(directory.toFile())
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile())
                            .start();
            final int status = process.waitFor();
            final Path blob = blobIn(directory);
            if (blob == null) { // else the status only tells that tests failed, as some must
                throw new IllegalStateException(
                        "jcstress ended with %d:%n%s".formatted(status, Files.readString(log)));
            }
            return new LitmusRun(read(blob));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted while jcstress ran", e);
        }
    }

    private static @Nullable Path blobIn(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".bin.gz"))
                    .findFirst()
                    .orElse(null);
        }
    }

    private static Map<String, TestResult> read(Path blob) throws IOException {
        final InProcessCollector collector = new InProcessCollector();
        try {
            final DiskReadCollector reader = new DiskReadCollector(blob.toString(), collector);
            reader.dump();
            reader.close();
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
        final Map<String, TestResult> byName = new TreeMap<>();
        for (final TestResult result : ReportUtils.mergedByName(collector.getTestResults())) {
            byName.put(result.getName(), result);
        }
        return byName;
    }

    /** Returns the names of the tests that were run. */
    List<String> names() {
        return List.copyOf(byName.keySet());
    }

    /** Returns what speaks against a test: forbidden results, crashes; empty if it passed. */
    List<String> objections(String name) {
        final TestResult result = result(name);
        final List<String> objections = new ArrayList<>(result.grading().failureMessages);
        if (!ReportUtils.statusToPassed(result)) {
            objections.add(ReportUtils.statusToLabel(result) + " " + result.getVmErr());
        }
        if (!result.grading().isPassed && objections.isEmpty()) {
            objections.add("not passed");
        }
        return objections;
    }

    /** Returns how often results were seen that the test forbids. */
    long forbidden(String name) {
        return result(name).grading().gradingResults.values().stream()
                .filter(graded -> graded.expect == Expect.FORBIDDEN)
                .mapToLong(graded -> graded.count)
                .sum();
    }

    /** Returns how many races were run. */
    long samples(String name) {
        return result(name).getTotalCount();
    }

    private TestResult result(String name) {
        final TestResult result = byName.get(name);
        if (result == null) {
            throw new IllegalArgumentException(name + " was not run, only " + byName.keySet());
        }
        return result;
    }
}
