// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.cli.replay.RandomTrace;
import io.offkraft.cli.trace.TraceWriter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The command as a user runs it, worker processes included; only main's exit is left out. */
@Timeout(240)
class OffkraftTest {
    @TempDir private Path folder = Path.of("");
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void everyAllocatorIsVerifiedAndMeasuredByDefault() {
        String trace = trace(RandomTrace.of(3, 3_000, 3));

        assertThat(run("replay", trace, "--format", "json")).isZero();

        assertThat(err.toString()).isEmpty();
        List<JsonNode> results = results();
        assertThat(results.stream().map(result -> result.get("allocator").asString()))
                .containsExactly("offkraft", "glibc", "netty-pooled", "netty-adaptive");
        for (JsonNode result : results) {
            assertThat(result.get("trace").asString()).isEqualTo(trace);
            assertThat(result.get("operations").asInt()).isEqualTo(3_000);
            assertThat(result.get("threads").asInt()).isEqualTo(3);
            assertThat(result.get("nanosPerOperation").asDouble()).isPositive();
            assertThat(result.get("peakLiveBytes").asLong()).isPositive();
            assertThat(result.get("peakResidentBytes").asLong()).isPositive();
            assertThat(result.get("overlaps").asLong()).isZero();
            assertThat(result.get("corruptions").asLong()).isZero();
            assertThat(result.get("misuses").asLong()).isZero();
        }
        assertThat(results.get(0).get("leaks").asLong()).isZero();
        assertThat(results.get(1).get("leaks").isNull()).isTrue();
    }

    @Test
    @DisplayName("M-06 objects that cross eight threads are freed by any of them")
    void threadsAreAsAskedAndTracesInOrder() {
        String first = trace("first", RandomTrace.of(1, 500, 1));
        String second = trace("second", RandomTrace.of(2, 300, 2));

        assertThat(
                        run(
                                "replay",
                                first,
                                second,
                                "--threads",
                                "8",
                                "--allocator",
                                "offkraft",
                                "--verify",
                                "full",
                                "--rounds",
                                "3",
                                "--format",
                                "json"))
                .isZero();

        List<JsonNode> results = results();
        assertThat(results.stream().map(result -> result.get("trace").asString()))
                .containsExactly(first, second);
        assertThat(results.stream().map(result -> result.get("threads").asInt()))
                .containsExactly(8, 8);
        assertThat(results.stream().map(result -> result.get("leaks").asLong()))
                .containsExactly(0L, 0L);
    }

    @Test
    @DisplayName("memory calls of a recorded program are replayed in a space")
    void memoryCallsAreReplayedInASpace() {
        String log = "../../traces/vm/sqlite.strace.gz";
        assertThat(run("replay", "--vm", log, "--format=json")).isZero();

        assertThat(err.toString()).isEmpty();
        JsonNode result =
                JsonMapper.builder().build().readTree(out.toString()).get("results").get(0);
        assertThat(result.propertyNames())
                .containsExactly(
                        "log",
                        "lines",
                        "calls",
                        "threads",
                        "spaceBytes",
                        "areas",
                        "committedBytes",
                        "byCall",
                        "remarks",
                        "difference");
        assertThat(result.get("log").asString()).isEqualTo(log);
        assertThat(result.get("difference").isNull()).isTrue();
        out.getBuffer().setLength(0);
        assertThat(run("replay", "--vm", log, "--threads=2", "--rounds=2")).isZero();
        assertThat(out.toString())
                .startsWith("sqlite.strace.gz: ")
                .contains("layout: as the model and /proc/self/maps say", "PROT_EXEC", "× bare");
    }

    @Test
    void addressesOfAProcessAreATableOrAPicture() {
        assertThat(run("vmmap")).isZero();
        assertThat(out.toString()).startsWith("address").contains("[stack]", "\nall ", "libjvm");
        out.getBuffer().setLength(0);
        assertThat(run("vmmap", "--pid=" + ProcessHandle.current().pid(), "--format=svg")).isZero();
        assertThat(out.toString()).startsWith("<svg ").endsWith("</svg>\n").contains("libjvm");
        out.getBuffer().setLength(0);
        assertThat(run("vmmap", "--format=json")).isZero();
        assertThat(JsonMapper.builder().build().readTree(out.toString()).get("ranges").size())
                .isGreaterThan(20);
        assertThat(run("vmmap", "--pid=2147483647")).isEqualTo(2);
        assertThat(err.toString())
                .startsWith("offkraft: process 2147483647 can't be read: ")
                .hasLineCount(1);
    }

    @Test
    void badLogOfMemoryCallsIsOneLine() {
        assertThat(run("replay", "--vm", "../../pom.xml")).isEqualTo(2);
        assertThat(err.toString())
                .isEqualTo(
                        "offkraft: ../../pom.xml: line 1: is no call, such as"
                                + " munmap(0x7f0000000000, 4096) = 0\n");
    }

    @Test
    void severalRoundsAreNotVerifiedUnlessAsked() {
        String trace = trace(new TraceWriter().malloc(10).free(0));

        assertThat(run("replay", trace, "--rounds", "2", "--allocator", "glibc", "--format=json"))
                .isZero();

        JsonNode result = results().getFirst();
        for (String field : List.of("overlaps", "corruptions", "misuses", "leaks")) {
            assertThat(result.get(field).isNull()).as(field).isTrue();
        }
    }

    @Test
    void tableIsTheDefault() {
        String trace = trace(new TraceWriter().malloc(10).free(0));

        assertThat(run("replay", trace, "--allocator", "glibc,offkraft", "--allocator", "glibc"))
                .isZero();

        assertThat(out.toString().lines()).hasSize(3);
        assertThat(out.toString()).startsWith("trace        allocator  operations  threads");
    }

    @Test
    @DisplayName("M-10 past the limit the replay ends with a message and exit code 1")
    void exhaustionIsToldAndTheOtherAllocatorsGoOn() {
        TraceWriter writer = new TraceWriter();
        for (int object = 0; object < 100; object++) {
            writer.malloc(100_000);
        }
        String trace = trace(writer);

        assertThat(
                        run(
                                "replay",
                                trace,
                                "--limit",
                                "4M",
                                "--allocator",
                                "offkraft,glibc",
                                "--format",
                                "json"))
                .isEqualTo(1);

        assertThat(err.toString())
                .matches(
                        "offkraft: \\S+/test.ckt.gz on offkraft: record \\d+: out of memory: malloc"
                                + " of 100000 bytes for object \\d+; the limit is 4194304 bytes;"
                                + " \\d+ blocks with \\d+00000 bytes were live\n");
        assertThat(results().stream().map(result -> result.get("allocator").asString()))
                .containsExactly("glibc");
    }

    @Test
    void locksOfAReplayAreCountedByClass() {
        String trace = trace(RandomTrace.of(5, 2_000, 2));

        assertThat(run("locks", trace, "--threads=4", "--synchronization=ticket", "--format=json"))
                .isZero();

        assertThat(err.toString()).isEmpty();
        JsonNode result =
                JsonMapper.builder().build().readTree(out.toString()).get("results").get(0);
        assertThat(result.propertyNames())
                .containsExactly("trace", "threads", "synchronization", "locks");
        assertThat(result.get("trace").asString()).isEqualTo(trace);
        assertThat(result.get("threads").asInt()).isEqualTo(4);
        assertThat(result.get("synchronization").asString()).isEqualTo("ticket");
        List<String> classes = new ArrayList<>();
        for (JsonNode lock : result.get("locks")) {
            classes.add(lock.get("lock").asString());
            assertThat(lock.get("acquisitions").asLong())
                    .isPositive()
                    .isGreaterThanOrEqualTo(lock.get("contentions").asLong());
            assertThat(lock.get("holdNanos").get("max").asLong())
                    .isGreaterThanOrEqualTo(lock.get("holdNanos").get("p50").asLong());
        }
        assertThat(classes).contains("stripe", "buddy").isSorted();
    }

    @Test
    void locksAreATableByDefaultAndNeedLocks() {
        String trace = trace(RandomTrace.of(9, 500, 2));

        assertThat(run("locks", trace)).isZero();
        assertThat(out.toString()).startsWith("trace        lock").contains("\ntest.ckt.gz  buddy");
        assertThat(run("locks", trace, "--synchronization", "none")).isEqualTo(2);
        assertThat(err.toString()).startsWith("offkraft: none has no locks\n");
        assertThat(run("locks", "--help")).isZero();
        assertThat(out.toString()).contains("Exit codes:", "big_reader");
    }

    @Test
    @DisplayName("L-14 a second CPU is refused in a process whose properties turn SMP off")
    void secondThreadIsRefusedWhereThePropertyTurnsSmpOff() {
        String trace = trace(RandomTrace.of(9, 500, 2));
        System.setProperty("offkraft.smp", "false");
        try {
            assertThat(run("replay", trace, "--threads", "2")).isEqualTo(2);
            assertThat(run("locks", trace)).isEqualTo(2);
        } finally {
            System.clearProperty("offkraft.smp");
        }
        assertThat(err.toString())
                .startsWith("offkraft: with SMP off one thread may use the heap, but ")
                .contains("offkraft: with SMP off there are no locks\n");
    }

    @Test
    @DisplayName("L-14 with SMP off one thread replays, with no lock at all")
    void oneThreadMayReplayWithoutLocks() {
        String trace = trace(RandomTrace.of(9, 500, 2));

        assertThat(
                        run(
                                "replay",
                                trace,
                                "--threads=1",
                                "--smp=off",
                                "--synchronization=none",
                                "--allocator=offkraft"))
                .isZero();
    }

    @Test
    void severalThreadsWithoutLocksAreRefusedWithTheRemedy() {
        String trace = trace(RandomTrace.of(9, 500, 2));
        String replayed =
                " one thread may use the heap, but " + trace + " is replayed on 2 threads;";

        assertThat(run("replay", trace, "--smp", "off")).isEqualTo(2);
        assertThat(err.toString())
                .startsWith("offkraft: with SMP off" + replayed + " add --threads 1\n");
        err.getBuffer().setLength(0);
        assertThat(run("replay", trace, "--synchronization", "none")).isEqualTo(2);
        assertThat(err.toString())
                .startsWith("offkraft: without synchronization" + replayed + " add --threads 1\n");
        assertThat(run("replay", trace, "--smp", "off", "--allocator", "glibc")).isZero();
    }

    static Stream<Arguments> badUsage() {
        return Stream.of(
                Arguments.of("", "a command is missing", "offkraft"),
                Arguments.of("bogus", "Unmatched argument at index 0: 'bogus'", "offkraft"),
                Arguments.of("replay", "Missing required parameter: 'TRACE'", "offkraft replay"),
                Arguments.of("replay --foo x", "Unknown option: '--foo'", "offkraft replay"),
                Arguments.of(
                        "replay x --threads 0",
                        "--threads must be recorded or in [1, 1024]: 0",
                        "offkraft replay"),
                Arguments.of(
                        "locks x --threads 0",
                        "--threads must be recorded or in [1, 1024]: 0",
                        "offkraft locks"),
                Arguments.of(
                        "replay x --threads many",
                        "--threads must be recorded or in [1, 1024]: many",
                        "offkraft replay"),
                Arguments.of(
                        "replay x --rounds 0",
                        "--rounds must be in [1, 10000]: 0",
                        "offkraft replay"),
                Arguments.of(
                        "replay --vm x --allocator glibc",
                        "--allocator is about heaps; with --vm there is none",
                        "offkraft replay"),
                Arguments.of(
                        "replay --vm x --synchronization none",
                        "without synchronization one thread may use the space; add --threads 1",
                        "offkraft replay"),
                Arguments.of(
                        "replay x --rounds few",
                        "Invalid value for option '--rounds': 'few' is not an int",
                        "offkraft replay"),
                Arguments.of(
                        "replay x --allocator jemalloc",
                        "--allocator must be one of offkraft, glibc, netty-pooled, netty-adaptive,"
                                + " all: jemalloc",
                        "offkraft replay"),
                Arguments.of(
                        "replay x --limit 3Q",
                        "Invalid value for option '--limit': '3Q' is not a number of bytes such as"
                                + " 1048576, 512K, 64M or 2G",
                        "offkraft replay"),
                Arguments.of(
                        "replay x --limit 0",
                        "Invalid value for option '--limit': '0' is not a number of bytes such as"
                                + " 1048576, 512K, 64M or 2G",
                        "offkraft replay"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badUsage")
    void badUsageIsOneLineAndAHint(String line, String problem, String command) {
        assertThat(run(line.isEmpty() ? new String[0] : line.split(" ", -1))).isEqualTo(2);

        assertThat(err.toString().lines())
                .containsExactly("offkraft: " + problem, "Try '" + command + " --help'.");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void badInputIsOneLineBeforeAnythingIsReplayed() {
        String good = trace("good", new TraceWriter().malloc(1));
        String bad = trace("bad", new TraceWriter().malloc(1).free(0).free(0));

        assertThat(run("replay", good, bad)).isEqualTo(2);

        assertThat(err.toString())
                .isEqualTo(
                        "offkraft: "
                                + bad
                                + ": record 2: second free of object 0, which record 1 freed\n");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void unknownPropertyIsBadUsage() {
        System.setProperty("offkraft.spm", "false");
        try {
            assertThat(run("replay", trace(new TraceWriter().malloc(1)))).isEqualTo(2);
        } finally {
            System.clearProperty("offkraft.spm");
        }

        assertThat(err.toString()).startsWith("offkraft: ").contains("offkraft.spm");
        assertThat(err.toString().lines()).hasSize(1);
    }

    @Test
    void badPropertyOfTheJvmIsBadUsageToo() throws Exception {
        String trace = trace(new TraceWriter().malloc(1));

        Process jvm =
                new ProcessBuilder(
                                ProcessHandle.current().info().command().orElseThrow(),
                                "-Doffkraft.decay=soon",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Offkraft.class.getName(),
                                "replay",
                                trace)
                        .redirectErrorStream(true)
                        .start();

        assertThat(jvm.inputReader().lines())
                .containsExactly(
                        "offkraft: offkraft.decay must be a time such as 500ms, 10s or 2m: soon");
        assertThat(jvm.waitFor()).isEqualTo(2);
    }

    @Test
    void helpTeachesByExampleAndNamesTheExitCodes() {
        assertThat(run("--help")).isZero();
        assertThat(out.toString())
                .contains("Exit codes:", "Examples:", "offkraft replay traces/redis.ckt.gz");
        out.getBuffer().setLength(0);

        assertThat(run("replay", "--help")).isZero();
        assertThat(out.toString())
                .contains("Exit codes:", "Examples:", "netty-adaptive", "--synchronization")
                .contains("Default: recorded");
        assertThat(out.toString().lines()).allMatch(line -> line.length() <= 120);
    }

    @Test
    void versionNamesTheJvmAndTheMachine() {
        assertThat(run("--version")).isZero();
        assertThat(out.toString())
                .startsWith("offkraft ")
                .contains("Java " + Runtime.version(), System.getProperty("os.arch"));
    }

    @Test
    void completionIsAScriptThatKnowsCommandsAndOptions() throws Exception {
        assertThat(run("completion")).isZero();
        String script = out.toString();
        assertThat(script)
                .contains("replay", "--allocator", "netty-pooled", "--synchronization")
                .contains("bench", "--quick", "larson", "ffm-confined");

        Process bash = new ProcessBuilder("bash", "-n").start();
        try (PrintWriter input = new PrintWriter(bash.outputWriter())) {
            input.print(script);
        }
        assertThat(bash.waitFor()).isZero();
    }

    private int run(String... args) {
        return Offkraft.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
    }

    private String trace(TraceWriter writer) {
        return trace("test", writer);
    }

    private String trace(String name, TraceWriter writer) {
        return writer.to(folder.resolve(name + ".ckt.gz")).toString();
    }

    private List<JsonNode> results() {
        JsonNode document = JsonMapper.builder().build().readTree(out.toString());
        assertThat(document.propertyNames()).containsExactly("results");
        List<JsonNode> results = new ArrayList<>();
        StreamSupport.stream(document.get("results").spliterator(), false).forEach(results::add);
        for (JsonNode result : results) {
            assertThat(result.propertyNames())
                    .containsExactly(
                            "trace",
                            "allocator",
                            "operations",
                            "threads",
                            "nanosPerOperation",
                            "peakLiveBytes",
                            "peakResidentBytes",
                            "overlaps",
                            "corruptions",
                            "misuses",
                            "leaks");
        }
        return results;
    }
}
