// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StraceReaderTest {
    private static final long SEED = Long.getLong("seed", 20_260_104);
    private static final int ITERATIONS = Integer.getInteger("fuzz.iterations", 6_000);
    private static final String MMAP =
            "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)";

    @TempDir private Path folder = Path.of("");

    @Test
    void prefixesTimesAndDurationsAreUnderstood() throws Exception {
        List<LoggedCall> calls =
                read(
                                MMAP + " = 0x7f0000000000",
                                "12 munmap(0x7f0000000000, 8192)     = 0",
                                "[pid    12] 12:00:01.5 brk(NULL) = 0x5000 <0.000012>",
                                "12 1700000000.25 mremap(0x1000, 1, 2, 0) = -1 EFAULT (Bad address)",
                                "12 memfd_create(\"a, (\\\"b\", 0) = 3")
                        .calls();

        assertThat(calls.stream().map(LoggedCall::thread)).containsExactly(0, 12, 12, 12, 12);
        assertThat(calls.get(0).arguments()).hasSize(6);
        assertThat(calls.get(2).result()).isEqualTo("0x5000");
        assertThat(calls.get(3).errno()).isEqualTo("EFAULT");
        assertThat(calls.get(4).arguments()).containsExactly("\"a, (\\\"b\"", "0");
    }

    @Test
    void unmapTakesEffectWhereItBeginsAndMapWhereItEnds() throws Exception {
        StraceLog log =
                read(
                        "1 munmap(0x7f0000000000, 8192 <unfinished ...>",
                        "2 " + MMAP.replace(")", " <unfinished ...>"),
                        "2 <... mmap resumed>)  = 0x7f0000000000",
                        "1 <... munmap resumed>) = 0",
                        "3 " + MMAP.replace(")", " <unfinished ...>"),
                        "4 munmap(0x7f0000000000, 8192) = 0",
                        "3 <... mmap resumed>) = 0x7f0000000000");

        assertThat(log.calls().stream().map(LoggedCall::thread)).containsExactly(1, 2, 4, 3);
        assertThat(log.calls().stream().map(LoggedCall::line)).containsExactly(1, 2, 6, 5);
    }

    @Test
    void whatIsNoWholeCallIsCountedByName() throws Exception {
        StraceLog log =
                read(
                        "1 brk(NULL) = 0x5000",
                        "1 --- SIGSEGV {si_signo=SIGSEGV} ---",
                        "2 munmap(0x1000, 4096 <unfinished ...>",
                        "3 brk(0x6000) = ?",
                        "2 +++ exited with 0 +++");

        assertThat(log.calls()).hasSize(1);
        assertThat(log.remarks().all())
                .containsExactlyInAnyOrder(
                        new Remark("a signal: nothing to replay", 1, 2),
                        new Remark("a line about a thread: nothing to replay", 1, 5),
                        new Remark("a call that never ended: left out", 2, 3));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "; is no call, such as munmap(0x7f0000000000, 4096) = 0",
                "1 munmap(0x1000, 4096; the arguments do not end",
                "1 munmap(0x1000, 4096); has no result, such as \"= 0\", after its arguments",
                "1 munmap(0x1000, 4096) = -1; failed with no error's name behind the -1",
                "1 munmap(0x1000, 4096) = 0 EIO; names an error, but returned 0",
                "1 <... munmap resumed>) = 0; thread 1 resumes a call that it did not begin",
                "7 munmap(0x1000) = 0; thread 7 begins a call, but that of line 1 has not ended",
                "7 <... brk resumed>) = 0; resumes brk, but line 1 began another call",
                "1 munmap(0x1001, 4096) = 0; 0x1001 is not the address of a page",
                "1 munmap(x, 4096) = 0; x is no number",
                "1 munmap(0x1000, -1) = 0; -1 is no length",
                "1 munmap(0x1000) = 0; munmap has 2 arguments, not 1",
                "1 munmap(0xffffffffffff0000, 4096) = 0; 0xffffffffffff0000 is no address of a"
                        + " program",
                "1 mmap(NULL, 4096, PROT_NONE, MAP_ANONYMOUS, -1, 0) = 0x1000; mmap needs"
                        + " MAP_SHARED or MAP_PRIVATE",
                "1 mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE, 3, 0x10) = 0x1000; the offset 0x10 is"
                        + " no multiple of a page below 2^40",
                "1 mmap(NULL, 1099511627776, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) ="
                        + " 0x1000; 1099511627776 bytes are more than the 68719476736 that can be"
                        + " replayed",
                "1 mremap(0x1000, 8192, 8192, MREMAP_MAYMOVE) = 0x2000; mremap can't move a range"
                        + " onto itself",
                "1 fork() = 12; makes a process with addresses of its own; record a program of one"
                        + " process"
            })
    void malformedLineIsNamedByItsNumber(String line, String problem) throws IOException {
        Path file = write("7 munmap(0x1000 <unfinished ...>", line == null ? "" : line);

        assertThatThrownBy(() -> VmPlan.of(file))
                .isInstanceOf(StraceFormatException.class)
                .hasMessageStartingWith(file + ": line 2: ")
                .hasMessageContaining(problem.split(";", 2)[0]);
    }

    @Test
    void fileThatIsNoLogIsRefused() throws IOException {
        Path folderItself = folder;
        Path empty = write();
        Files.write(empty, new byte[0]);
        Path cut = folder.resolve("cut.gz");
        Files.write(cut, new byte[] {0x1f, (byte) 0x8b, 8});
        Path nothing = folder.resolve("nothing");
        Files.writeString(nothing, "1 mincore(0x1000, 4096, [1]) = 0\n");

        assertThatThrownBy(() -> VmPlan.of(folderItself)).hasMessageContaining("not a regular");
        assertThatThrownBy(() -> VmPlan.of(empty)).hasMessageEndingWith("is empty");
        assertThatThrownBy(() -> VmPlan.of(cut)).hasMessageEndingWith("the gzip data is cut off");
        assertThatThrownBy(() -> VmPlan.of(folder.resolve("absent")))
                .hasMessageEndingWith("does not exist");
        assertThatThrownBy(() -> VmPlan.of(nothing)).hasMessageContaining("-e trace=memory");
    }

    @Test
    void mutatedLogIsPlannedOrRejectedInOneLine() throws IOException {
        SplittableRandom random = new SplittableRandom(SEED);
        byte[] valid = Files.readAllBytes(write(RandomLog.of(SEED, 30, 3)));
        Path file = folder.resolve("mutated.strace");
        Set<String> problems = new TreeSet<>();
        int accepted = 0;
        for (int iteration = 0; iteration < ITERATIONS; iteration++) {
            byte[] mutated = valid.clone();
            for (int mutation = random.nextInt(4); mutation >= 0; mutation--) {
                mutated = mutated(mutated, random);
            }
            Files.write(file, mutated);
            try {
                VmPlan.of(file);
                accepted++;
            } catch (StraceFormatException e) {
                String message = String.valueOf(e.getMessage());
                assertThat(message).startsWith(file + ": ").doesNotContain("\n");
                problems.add(message.replaceAll("0x[0-9a-f]+|\\d+", "#"));
            } catch (RuntimeException | OutOfMemoryError e) {
                throw new AssertionError("seed %d, iteration %d".formatted(SEED, iteration), e);
            }
        }
        assertThat(accepted).isBetween(ITERATIONS / 100, ITERATIONS - ITERATIONS / 100);
        assertThat(problems).hasSizeGreaterThan(15);
    }

    private static byte[] mutated(byte[] bytes, SplittableRandom random) {
        if (bytes.length < 2) {
            return bytes;
        }
        byte[] changed = bytes.clone();
        int at = random.nextInt(bytes.length);
        switch (random.nextInt(6)) {
            case 0 -> changed[at] = (byte) random.nextInt(256);
            case 1 -> changed[at] = (byte) "0123456789abcdfx(),=|\n".charAt(random.nextInt(22));
            case 2 -> changed = Arrays.copyOf(changed, at);
            case 3 -> System.arraycopy(bytes, at, changed, at / 2, bytes.length - at);
            default -> {
                byte[] edge = "ffffffffffff".getBytes(StandardCharsets.US_ASCII);
                int length = Math.min(1 + random.nextInt(edge.length), bytes.length - at);
                System.arraycopy(edge, 0, changed, at, length);
            }
        }
        return changed;
    }

    private StraceLog read(String... lines) throws IOException {
        return StraceReader.read(write(lines));
    }

    private Path write(String... lines) throws IOException {
        Path file = folder.resolve("log.strace");
        Files.write(file, List.of(lines));
        return file;
    }
}
