// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TraceReaderTest {
    @TempDir private Path folder = Path.of("");

    @Test
    void validTraceIsReadAsWritten() {
        Trace trace =
                new TraceWriter()
                        .malloc(100)
                        .thread(2)
                        .calloc(50)
                        .memalign(12, 7)
                        .realloc(0, 300)
                        .thread(0)
                        .free(1)
                        .read(folder);

        assertThat(trace.records()).isEqualTo(5);
        assertThat(trace.threads()).isEqualTo(3);
        assertThat(trace.objects()).isEqualTo(3);
        assertThat(trace.operation(2)).isEqualTo(Operation.MALLOC);
        assertThat(trace.alignLog2(2)).isEqualTo(12);
        assertThat(trace.thread(2)).isEqualTo(2);
        assertThat(trace.object(3)).isZero();
        assertThat(trace.sizeBytes(3)).isEqualTo(300);
        assertThat(trace.operation(4)).isEqualTo(Operation.FREE);
    }

    @Test
    void peakLiveBytesIsTheHighestSumInFileOrder() {
        Trace trace =
                new TraceWriter()
                        .malloc(100)
                        .malloc(50)
                        .free(0)
                        .realloc(1, 149)
                        .realloc(1, 10)
                        .malloc(0)
                        .read(folder);

        assertThat(trace.peakLiveBytes()).isEqualTo(150);
    }

    @Test
    void largestThreadNumberAndSizeAreKept() {
        Trace trace = new TraceWriter().thread(65_535).malloc(1L << 47).read(folder);

        assertThat(trace.thread(0)).isEqualTo(65_535);
        assertThat(trace.sizeBytes(0)).isEqualTo(1L << 47);
    }

    @Test
    void firstRecordsAreATraceOfTheirOwn() {
        Trace trace = new TraceWriter().malloc(1).malloc(2).free(0).read(folder);

        assertThat(trace.first(2).records()).isEqualTo(2);
        assertThat(trace.first(2).sizeBytes(1)).isEqualTo(2);
        assertThat(trace.first(9)).isSameAs(trace);
    }

    @Test
    void longTraceOutgrowsTheFirstArrays() {
        TraceWriter writer = new TraceWriter();
        for (int object = 0; object < 10_000; object++) {
            writer.malloc(object);
        }

        Trace trace = writer.read(folder);

        assertThat(trace.records()).isEqualTo(10_000);
        assertThat(trace.sizeBytes(9_999)).isEqualTo(9_999);
    }

    static Stream<Arguments> badHeaders() {
        return Stream.of(
                bad(
                        new TraceWriter().magic("CKTRACE2").malloc(1),
                        "header: begins with 43 4b 54 52 41 43 45 32;"
                                + " a trace begins with 43 4b 54 52 41 43 45 31"),
                bad(
                        new TraceWriter().malloc(1).threadsClaimed(0),
                        "header: 0 threads; from 1 to 65536 can be replayed"),
                bad(
                        new TraceWriter().malloc(1).threadsClaimed(65_537),
                        "header: 65537 threads; from 1 to 65536 can be replayed"),
                bad(
                        new TraceWriter().malloc(1).objectsClaimed(-2),
                        "header: 4294967294 objects; from 1 to 2147483639 can be replayed"),
                bad(
                        new TraceWriter().malloc(1).recordsClaimed(0),
                        "header: 0 records; from 1 to 2147483639 can be replayed"),
                bad(
                        new TraceWriter().malloc(1).recordsClaimed(-2),
                        "header: 18446744073709551614 records; from 1 to 2147483639 can be"
                                + " replayed"),
                bad(
                        new TraceWriter().malloc(1).malloc(2).recordsClaimed(3),
                        "record 2: is missing; the header promises 3 records"),
                bad(
                        new TraceWriter().malloc(1).recordsClaimed(2_000_000_000),
                        "record 1: is missing; the header promises 2000000000 records"),
                bad(
                        new TraceWriter().malloc(1).malloc(2).recordsClaimed(1).objectsClaimed(1),
                        "record 1: more follows the 1 records of the header"),
                bad(
                        new TraceWriter().malloc(1).junk(7).recordsClaimed(2),
                        "record 1: cut off after 7 of 16 bytes"),
                bad(
                        new TraceWriter().malloc(1).objectsClaimed(2),
                        "header: 2 objects, but the records allocate 1"));
    }

    static Stream<Arguments> badFields() {
        return Stream.of(
                bad(
                        new TraceWriter().record(0, 0, 0, 0, 1).objectsClaimed(1),
                        "record 0: operation 0; 1 is malloc, 2 calloc, 3 free, 4 realloc"),
                bad(
                        new TraceWriter().record(5, 0, 0, 0, 1).objectsClaimed(1),
                        "record 0: operation 5; 1 is malloc, 2 calloc, 3 free, 4 realloc"),
                bad(
                        new TraceWriter().record(255, 0, 0, 0, 1).objectsClaimed(1),
                        "record 0: operation 255; 1 is malloc, 2 calloc, 3 free, 4 realloc"),
                bad(
                        new TraceWriter().malloc(1).record(3, 0, 1, 0, 0),
                        "record 1: thread 1 is out of range; the header allows 0 to 0"),
                bad(
                        new TraceWriter().malloc(1).record(3, 0, 0, 1, 0),
                        "record 1: object 1 is out of range; the header allows 0 to 0"),
                bad(
                        new TraceWriter().malloc(1).record(3, 0, 0, -1, 0),
                        "record 1: object 4294967295 is out of range; the header allows 0 to 0"),
                bad(
                        new TraceWriter().malloc((1L << 47) + 1),
                        "record 0: 140737488355329 bytes; no more than 2^47 can be asked for"),
                bad(
                        new TraceWriter().malloc(1).realloc(0, -1),
                        "record 1: 18446744073709551615 bytes; no more than 2^47 can be asked"
                                + " for"),
                bad(
                        new TraceWriter().malloc(1L << 47).malloc(1),
                        "record 1: 140737488355329 bytes are live; an address space holds 2^47"),
                bad(
                        new TraceWriter().memalign(31, 1),
                        "record 0: alignment 2^31 is out of range; at most 2^30 can be asked for"),
                bad(
                        new TraceWriter().memalign(255, 1),
                        "record 0: alignment 2^255 is out of range; at most 2^30 can be asked for"),
                bad(
                        new TraceWriter().record(2, 4, 0, 0, 1).objectsClaimed(1),
                        "record 0: a calloc asks for alignment 2^4; only operation 1 can"),
                bad(
                        new TraceWriter().malloc(1).record(3, 0, 0, 0, 8),
                        "record 1: a free gives size 8; it has none"));
    }

    static Stream<Arguments> badLives() {
        return Stream.of(
                bad(
                        new TraceWriter().free(0).malloc(1),
                        "record 0: free of object 0 before its allocation"),
                bad(
                        new TraceWriter().realloc(0, 5).malloc(1),
                        "record 0: realloc of object 0 before its allocation"),
                bad(
                        new TraceWriter().malloc(1).record(1, 0, 0, 0, 9).malloc(1),
                        "record 1: object 0 is allocated again; record 0 used it last"),
                bad(
                        new TraceWriter().malloc(1).free(0).record(2, 0, 0, 0, 9),
                        "record 2: object 0 is allocated again; record 1 used it last"),
                bad(
                        new TraceWriter().record(1, 0, 0, 1, 9).malloc(1).objectsClaimed(2),
                        "record 0: object 1 is allocated out of order; the next new object is 0"),
                bad(
                        new TraceWriter().malloc(1).free(0).free(0),
                        "record 2: second free of object 0, which record 1 freed"),
                bad(
                        new TraceWriter().malloc(1).free(0).realloc(0, 3),
                        "record 2: realloc of object 0, which record 1 freed"));
    }

    private static Arguments bad(TraceWriter writer, String problem) {
        return Arguments.of(problem, writer.gzip());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"badHeaders", "badFields", "badLives"})
    void badTraceIsNamedWithFileRecordAndWhatWouldBeRight(String problem, byte[] content)
            throws IOException {
        Path file = Files.write(folder.resolve("bad.ckt.gz"), content);

        assertThatThrownBy(() -> TraceReader.read(file))
                .isInstanceOf(TraceFormatException.class)
                .hasMessage(file + ": " + problem);
    }

    @Test
    void recordOfTheExceptionIsTheOneOfTheMessage() {
        Path file = new TraceWriter().malloc(1).free(0).free(0).to(folder.resolve("f"));

        assertThatThrownBy(() -> TraceReader.read(file))
                .isInstanceOfSatisfying(
                        TraceFormatException.class, e -> assertThat(e.record()).isEqualTo(2));
    }

    @Test
    void hostileHeaderCostsNoMemory() {
        Path file =
                new TraceWriter()
                        .malloc(1)
                        .recordsClaimed(2_147_483_639L)
                        .objectsClaimed(2_147_483_639)
                        .to(folder.resolve("hostile"));
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();

        assertThatThrownBy(() -> TraceReader.read(file))
                .hasMessageContaining("record 1: is missing");

        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(16 << 20);
    }

    @Test
    void everyTruncationIsRejected() throws IOException {
        byte[] whole = new TraceWriter().malloc(1).calloc(2).realloc(0, 3).free(1).gzip();
        Path file = folder.resolve("cut");

        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> TraceReader.read(file))
                    .as("first %d bytes", length)
                    .isInstanceOf(TraceFormatException.class);
        }
    }

    @Test
    void truncatedGzipNamesTheRecordItEndsIn() throws IOException {
        TraceWriter writer = new TraceWriter();
        SplittableRandom random = new SplittableRandom(1);
        for (int record = 0; record < 5_000; record++) {
            writer.malloc(random.nextInt(1 << 20));
        }
        byte[] whole = writer.gzip();
        Path file = Files.write(folder.resolve("cut"), Arrays.copyOf(whole, whole.length / 2));

        assertThatThrownBy(() -> TraceReader.read(file))
                .hasMessageMatching(
                        ".*/cut: record \\d+: the gzip data ends here; the file is truncated");
    }

    @Test
    void damagedGzipIsRejected() throws IOException {
        byte[] content = new TraceWriter().malloc(1).gzip();
        content[content.length - 6] ^= 1; // the checksum
        Path file = Files.write(folder.resolve("damaged"), content);

        assertThatThrownBy(() -> TraceReader.read(file))
                .hasMessage(file + ": record 1: the gzip data is damaged: Corrupt GZIP trailer");
    }

    @Test
    void whatIsNoTraceFileIsNamed() throws IOException {
        Path text = Files.writeString(folder.resolve("text"), "hello, world\n");
        Path empty = Files.createFile(folder.resolve("empty"));
        Path shortFile = Files.write(folder.resolve("short"), TraceWriter.gzip(new byte[23]));
        Path missing = folder.resolve("missing");

        assertThatThrownBy(() -> TraceReader.read(text))
                .hasMessage(text + ": is not gzip; a trace is a .ckt.gz file");
        assertThatThrownBy(() -> TraceReader.read(empty))
                .hasMessage(
                        empty
                                + ": is empty or ends inside the gzip header;"
                                + " a trace is a .ckt.gz file");
        assertThatThrownBy(() -> TraceReader.read(shortFile))
                .hasMessage(shortFile + ": header: cut off after 23 of 24 bytes");
        assertThatThrownBy(() -> TraceReader.read(missing))
                .hasMessage(missing + ": does not exist");
        assertThatThrownBy(() -> TraceReader.read(folder))
                .hasMessage(folder + ": is a directory; give the files in it");
        assertThatThrownBy(() -> TraceReader.read(Path.of("/dev/zero")))
                .hasMessage("/dev/zero: is not a regular file; it has to be read more than once");
    }

    /** A regular file that even root can't read: nothing is mapped at address 0. */
    @Test
    void unreadableFileIsNamed() {
        assertThatThrownBy(() -> TraceReader.read(Path.of("/proc/self/mem")))
                .isInstanceOf(TraceFormatException.class)
                .hasMessage("/proc/self/mem: can't be read: Input/output error");
    }
}
