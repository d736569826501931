// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.cli.bench.ParsedPage;
import io.offkraft.cli.worker.BrokenWorker;
import io.offkraft.cli.worker.WorkerJvm;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code offkraft bench} as a user runs it, worker processes included, on little work. */
@Timeout(240)
class BenchCommandTest {
    @TempDir private Path folder = Path.of("");
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void figuresOfAllAllocatorsAreWrittenInTwoForms() throws Exception {
        Path output = folder.resolve("a/b");
        assertThat(
                        run(
                                "bench",
                                "pair-64",
                                "larson",
                                "--quick",
                                "--rounds=2",
                                "--threads=2",
                                "--allocator=glibc,netty-pooled,offkraft",
                                "--format=json",
                                "--output=" + output))
                .isZero();

        assertThat(err.toString())
                .isEqualTo(
                        "offkraft: wrote %s and %s%n"
                                .formatted(
                                        output.resolve("bench.json"),
                                        output.resolve("bench.html")));
        assertThat(Files.readString(output.resolve("bench.json"))).isEqualTo(out.toString());
        JsonNode document = parse(out.toString());
        assertThat(document.propertyNames())
                .containsExactly(
                        "date", "machine", "options", "leftOut", "failures", "figures", "counted");
        assertThat(document.get("machine").get("cpus").asInt()).isPositive();
        assertThat(document.get("failures")).isEmpty();
        checkFigures(document);
        checkCounted(document);
        ParsedPage page = ParsedPage.of(Files.readString(output.resolve("bench.html")));
        assertThat(parse(page.scripts().getFirst())).isEqualTo(document);
    }

    private static void checkFigures(JsonNode document) {
        List<String> cases = new ArrayList<>();
        for (JsonNode figure : document.get("figures")) {
            cases.add(figure.get("workload").asString() + " " + figure.get("allocator").asString());
            assertThat(figure.get("section").asString()).isEqualTo("heaps");
            assertThat(figure.get("threads").asInt()).isEqualTo(2);
            assertThat(figure.get("rounds")).hasSize(2);
            JsonNode nanos = figure.get("nanosPerBlock");
            assertThat(nanos.get("lowerQuartile").asDouble())
                    .isPositive()
                    .isLessThanOrEqualTo(nanos.get("median").asDouble());
            assertThat(figure.get("ratio").asDouble()).isPositive();
        }
        assertThat(cases)
                .containsExactly(
                        "pair-64 offkraft",
                        "pair-64 glibc",
                        "pair-64 netty-pooled",
                        "larson offkraft",
                        "larson glibc",
                        "larson netty-pooled");
        assertThat(document.get("figures").get(0).get("ratio").asDouble()).isEqualTo(1);
    }

    private static void checkCounted(JsonNode document) {
        JsonNode resident = document.get("counted").get(0);
        assertThat(resident.get("name").asString()).isEqualTo("peak-resident-bytes");
        assertThat(resident.get("values")).hasSize(3);
        for (JsonNode value : resident.get("values")) {
            assertThat(value.get("workload").asString()).isEqualTo("larson");
            assertThat(value.get("value").asDouble()).isPositive();
        }
        JsonNode javaHeap = document.get("counted").get(1);
        assertThat(javaHeap.get("name").asString()).isEqualTo("java-heap-bytes-per-block");
        assertThat(javaHeap.get("values")).hasSize(6);
        JsonNode pairs = javaHeap.get("values").get(0);
        assertThat(pairs.get("allocator").asString()).isEqualTo("offkraft");
        assertThat(pairs.get("value").asDouble()).isLessThan(16); // less than any object
    }

    @Test
    void otherTablesAreAskedForByName() {
        CommandLine hasty =
                new CommandLine(new BenchCommand(WorkerJvm::ofWorkloads, Effort.GLANCE))
                        .setOut(new PrintWriter(out, true))
                        .setErr(new PrintWriter(err, true));

        assertThat(hasty.execute("arenas", "pages", "--quick", "--threads=1", "--output=" + folder))
                .isZero();

        assertThat(out.toString())
                .contains("Confined arenas: ", "Shared arenas: ", "Pages: ")
                .contains("offkraft-confined ns", "× offkraft-confined-raw", "× ffm-shared")
                .contains("pages-9-many", "× pages-high-bare", "× mmap")
                .doesNotContain("Heaps: ", "Scaling: ");
    }

    @Test
    @DisplayName("negative control: an allocator that gives a block out twice fails the command")
    void blockThatIsGivenOutTwiceFailsTheCommand() throws Exception {
        CommandLine broken =
                new CommandLine(new BenchCommand(BrokenWorker::jvm, Effort.GLANCE))
                        .setOut(new PrintWriter(out, true))
                        .setErr(new PrintWriter(err, true));

        assertThat(
                        broken.execute(
                                "larson",
                                "--quick",
                                "--rounds=1",
                                "--threads=2",
                                "--allocator=offkraft,glibc",
                                "--output=" + folder))
                .isEqualTo(1);

        String finding =
                "larson on 2 threads on glibc: block \\d+ of \\d+ bytes does not hold its owner's"
                        + " word .*";
        assertThat(err.toString().lines().findFirst().orElseThrow())
                .matches("offkraft: " + finding);
        JsonNode document = parse(Files.readString(folder.resolve("bench.json")));
        assertThat(document.get("failures").get(0).asString()).matches(finding);
        assertThat(document.get("figures")).hasSize(1); // the others go on
        assertThat(ParsedPage.of(Files.readString(folder.resolve("bench.html"))).document())
                .isNotNull();
    }

    static Stream<Arguments> badUsage() {
        return Stream.of(
                Arguments.of(
                        "bench --threads 0", "--threads must be in [1, 1024]: 0", "offkraft bench"),
                Arguments.of(
                        "bench --threads 1,x",
                        "Invalid value for option '--threads' (N): 'x' is not an int",
                        "offkraft bench"),
                Arguments.of(
                        "bench --rounds 0", "--rounds must be in [1, 10000]: 0", "offkraft bench"),
                Arguments.of(
                        "bench --allocator tcmalloc",
                        "--allocator must be one of offkraft, offkraft-high, offkraft-thread, glibc,"
                                + " jemalloc, mimalloc, netty-pooled, netty-adaptive, ffm-confined, floor, all:"
                                + " tcmalloc",
                        "offkraft bench"),
                Arguments.of(
                        "bench pages-0",
                        "WORKLOAD must be one of "
                                + String.join(", ", new WorkloadNames())
                                + ": pages-0",
                        "offkraft bench"),
                Arguments.of("bench --foo", "Unknown option: '--foo'", "offkraft bench"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badUsage")
    void badUsageIsOneLineAndAHint(String line, String problem, String command) {
        assertThat(run(line.split(" ", -1))).isEqualTo(2);

        assertThat(err.toString().lines())
                .containsExactly("offkraft: " + problem, "Try '" + command + " --help'.");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void folderThatCannotBeMadeIsOneLineBeforeAnythingIsRun() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "");

        assertThat(run("bench", "--output=" + file.resolve("below"))).isEqualTo(2);

        assertThat(err.toString())
                .startsWith("offkraft: " + file.resolve("below") + " can't be written: ")
                .hasLineCount(1);
    }

    @Test
    void helpTeachesByExampleAndNamesTheExitCodes() {
        assertThat(run("bench", "--help")).isZero();

        assertThat(out.toString())
                .contains("Exit codes:", "Examples:", "netty-adaptive", "--quick", "larson");
        assertThat(out.toString().lines()).allMatch(line -> line.length() <= 120);
    }

    private static JsonNode parse(String json) {
        return JsonMapper.builder().build().readTree(json);
    }

    private int run(String... args) {
        return Offkraft.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
    }
}
