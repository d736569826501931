// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.cli.replay.ReplayPlan;
import io.offkraft.cli.trace.Trace;
import io.offkraft.cli.trace.TraceFormatException;
import io.offkraft.cli.trace.TraceReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever befalls a trace file, reading it succeeds or says in one line what is wrong.
 *
 * <p>Repeat with {@code -Dseed=}, run longer with {@code -Dfuzz.iterations=}.
 */
class TraceFuzzTest {
    private static final long SEED = Long.getLong("seed", 20_260_101);
    private static final int ITERATIONS = Integer.getInteger("fuzz.iterations", 20_000);

    @TempDir private Path folder = Path.of("");

    /** What is tried: a reader of files. */
    private interface Reader {
        void read(Path file) throws IOException;
    }

    @Test
    void mutatedTraceIsReadOrRejectedInOneLine() {
        Set<String> problems = new TreeSet<>();

        int accepted = fuzz(TraceFuzzTest::readAndPlan, problems, ITERATIONS);

        // the mutations reach both sides, and most of what can be wrong
        assertThat(accepted).isBetween(ITERATIONS / 100, ITERATIONS - ITERATIONS / 100);
        assertThat(problems).hasSizeGreaterThan(20);
    }

    @Test
    @DisplayName("B-15 a reader that trusts the header does not survive the mutations")
    void trustingReaderIsCaught() {
        assertThatThrownBy(() -> fuzz(TraceFuzzTest::readTrusting, new TreeSet<>(), 2_000))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("seed");
    }

    @Test
    void traceThatIsMutatedIsValidToBeginWith() throws IOException {
        Path file = folder.resolve("valid.ckt.gz");
        Files.write(file, Mutations.gzip(Mutations.validTrace()));

        assertThatCode(() -> readAndPlan(file)).doesNotThrowAnyException();
        assertThatCode(() -> readTrusting(file)).doesNotThrowAnyException();
    }

    /**
     * Returns how many files were accepted; the problems of the others, without numbers, are
     * collected.
     */
    private int fuzz(Reader reader, Set<String> problems, int iterations) {
        Mutations mutations = new Mutations(SEED);
        Path file = folder.resolve("mutated.ckt.gz");
        int accepted = 0;
        for (int iteration = 0; iteration < iterations; iteration++) {
            try {
                Files.write(file, mutations.next());
                reader.read(file);
                accepted++;
            } catch (TraceFormatException e) {
                String message = String.valueOf(e.getMessage());
                assertThat(message).startsWith(file + ": ").doesNotContain("\n");
                problems.add(message.replaceAll("[0-9a-f]{2,}|\\d+", "#"));
            } catch (IOException | RuntimeException | OutOfMemoryError e) {
                throw new AssertionError("seed %d, iteration %d".formatted(SEED, iteration), e);
            }
        }
        return accepted;
    }

    private static void readAndPlan(Path file) throws IOException {
        Trace trace = TraceReader.read(file);
        assertThat(ReplayPlan.asRecorded(trace).threads()).isPositive();
        assertThat(ReplayPlan.onThreads(trace, 3).threads()).isPositive();
    }

    /** The negative control: takes the header's word for everything. */
    private static void readTrusting(Path file) throws IOException {
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
            ByteBuffer trace = ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
            long[] sizes = new long[trace.getInt(12)];
            long records = trace.getLong(16);
            for (int record = 0; record < records; record++) {
                int offset = 24 + 16 * record;
                sizes[trace.getInt(offset + 4)] = trace.getLong(offset + 8);
            }
        }
    }
}
