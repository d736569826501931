// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.negative;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * B-15: the checkers are proven by mutation. Each seeded bug must be reported by the replay, or by
 * the heap's own test.
 */
class SeededBugsTest {
    private static final String HEAP = "core/1-heap";
    private static final String BUDDY = "core/2-buddy";

    /** What a process that dies of SIGABRT ends with, as the JVM does after a bad access. */
    private static final int ABORTED = 128 + 6;

    @TempDir Path scratch;

    @Test
    @DisplayName(
            "B-15 without a seeded bug the replay finds nothing, so it is the bug that the others find")
    void controlIsClean() throws Exception {
        Mutant none =
                new Mutant(BUDDY, "Region.java", "remove(page, found);", "remove(page, found);");
        Child.Result clean = replay(none, "gcc", 1);
        assertThat(clean.exit()).as(clean.output()).isZero();
        for (String column : List.of("overlaps", "corruptions", "misuses", "leaks")) {
            assertThat(count(clean, column)).as(column).isZero();
        }
    }

    @Test
    @DisplayName("B-15 a buddy that merges a used block is reported as overlaps")
    void mergeOfAUsedBlock() throws Exception {
        Mutant mutant =
                new Mutant(
                        BUDDY,
                        "Region.java",
                        "while (order < maxOrder && isFree(",
                        "while (order < maxOrder && (order == 2) | isFree(");
        assertReported(replay(mutant, "gcc", 1), "overlaps", "corruptions", "misuses", "leaks");
    }

    @Test
    @DisplayName("B-15 a split that loses its second half is reported as leaks")
    void splitThatLosesAHalf() throws Exception {
        Mutant mutant =
                new Mutant(
                        BUDDY,
                        "Region.java",
                        "insert(page + (1L << half), half);",
                        "if (half != 5) insert(page + (1L << half), half);");
        assertReported(replay(mutant, "sqlite", 1), "leaks");
    }

    @Test
    @DisplayName(
            "B-15 a free that does not ask whether the block is live is reported by the heap's test")
    void freeOfWhatIsNotLive() throws Exception {
        Mutant mutant =
                new Mutant(
                        HEAP,
                        "Magazine.java",
                        "compareUnsigned(top, all.length) >= 0 || !isTaken(address)) {",
                        "compareUnsigned(top, all.length) >= 0) {");
        Child.Result result = heapTest(mutant, "HeapTest");
        // Or the process dies first, of memory that has two owners.
        if (result.exit() != ABORTED) {
            assertFound(result, "B-07");
        }
    }

    @Test
    @DisplayName(
            "B-15 a heap that asks no limit but its own is reported by the test of heaps below heaps")
    void limitsAboveAreNotAsked() throws Exception {
        Mutant mutant =
                new Mutant(
                        HEAP,
                        "Account.java",
                        "if (more > account.limitPages - account.charged) {",
                        "if (account == this && more > account.limitPages - account.charged) {");
        assertHeapTestFinds(mutant, "ChildHeapTest", "M-10");
    }

    @Test
    @DisplayName(
            "B-15 a child that leaves its live bits behind is reported by the test of heaps below heaps")
    void liveBitsAreLeftBehind() throws Exception {
        Mutant mutant =
                new Mutant(
                        HEAP,
                        "HeapClosing.java",
                        "tree.metadata.liveBits().clearPages(run, pages);",
                        "");
        assertHeapTestFinds(mutant, "ChildHeapTest", "M-11");
    }

    @Test
    @DisplayName(
            "B-15 a free of a lent block that does not interrupt its thread is reported by the heap's test")
    void lentBlockFreedBehindItsThread() throws Exception {
        Mutant mutant =
                new Mutant(
                        HEAP,
                        "SmallBlocks.java",
                        "if (bin.hand().isLent(address)) {",
                        "if (bin.hand().isLent(-address)) {");
        assertHeapTestFinds(mutant, "ThreadHeapTest", "B-07");
    }

    private void assertHeapTestFinds(Mutant mutant, String test, String scenario)
            throws IOException, InterruptedException {
        assertFound(heapTest(mutant, test), scenario);
    }

    private static void assertFound(Child.Result result, String scenario) {
        assertThat(result.exit()).as(result.output()).isEqualTo(1);
        assertThat(result.output()).contains(scenario);
    }

    private Child.Result heapTest(Mutant mutant, String test)
            throws IOException, InterruptedException {
        Path tests = Mutant.root().resolve("core/1-heap/target/test-classes");
        assertThat(tests).isDirectory();
        return Child.run(
                List.of(compiled(mutant), tests),
                TestMain.class.getName(),
                List.of("io.offkraft.heap." + test));
    }

    @Test
    @DisplayName("B-15 a block of another thread's stripe that is freed as one's own is reported")
    void foreignBlockFreedAsOnesOwn() throws Exception {
        Mutant mutant =
                new Mutant(
                        HEAP,
                        "SmallBlocks.java",
                        "if (owner == stripe.index()) {",
                        "if (owner >= 0) {");
        Child.Result result = replay(mutant, "redis", 8);
        // Or the heap itself refuses a free that is right, before anything else goes wrong.
        if (!result.output().contains("MisuseException")) {
            assertReported(result, "overlaps", "corruptions", "misuses", "leaks");
        }
        assertThat(result.exit()).as(result.output()).isEqualTo(1);
    }

    @Test
    @DisplayName("B-15 a realloc that copies one byte short is reported as corruptions")
    void reallocOneByteShort() throws Exception {
        Mutant mutant =
                new Mutant(
                        HEAP,
                        "Heap.java",
                        "RawMemory.copy(address, moved, Math.min(usable, size));",
                        "RawMemory.copy(address, moved, Math.min(usable, size) - 1);");
        assertReported(replay(mutant, "gcc", 1), "corruptions");
    }

    private Child.Result replay(Mutant mutant, String trace, int threads)
            throws IOException, InterruptedException {
        Path file = Mutant.root().resolve("traces").resolve(trace + ".ckt.gz");
        return Child.run(
                List.of(compiled(mutant)),
                "io.offkraft.cli.Offkraft",
                List.of(
                        "replay",
                        file.toString(),
                        "--allocator=offkraft",
                        "--threads=" + threads,
                        "--format=json"));
    }

    private Path compiled(Mutant mutant) throws IOException {
        Path classes = Files.createDirectories(scratch.resolve("classes"));
        mutant.compileInto(classes);
        return classes;
    }

    /**
     * The replay failed, and says one of the findings: in its result or, where the bug let it not
     * even get that far, in the lines before.
     */
    private static void assertReported(Child.Result result, String... findings) {
        assertThat(result.exit()).as(result.output()).isEqualTo(1);
        boolean reported = false;
        for (String finding : findings) {
            String line = " " + finding.substring(0, finding.length() - 1) + ": ";
            reported |= count(result, finding) > 0 || result.output().contains(line);
        }
        assertThat(reported).as(result.output()).isTrue();
    }

    private static long count(Child.Result result, String column) {
        Matcher matcher = Pattern.compile("\"" + column + "\" ?: ?(\\d+)").matcher(result.output());
        return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    }
}
