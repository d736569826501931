// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.offkraft.word.RawMemory;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.zip.CRC32;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LineLogTest {
    private static final int THREADS = 64;
    private static final int LINES = Boolean.getBoolean("stress") ? 100_000 : 1_000;

    /** Keeps what is written; takes a few bytes at a time, so that lines arrive in pieces. */
    private static class KeepingSink implements LineSink {
        final ByteArrayOutputStream kept = new ByteArrayOutputStream();
        boolean writable = true;
        int refusal;

        @Override
        public int write(long address, int bytes) {
            if (refusal != 0) {
                return -refusal;
            }
            int taken = Math.min(bytes, 100);
            for (int at = 0; at < taken; at++) {
                kept.write(RawMemory.loadBytePlain(address + at));
            }
            return taken;
        }

        @Override
        public boolean isWritable() {
            return writable;
        }

        List<String> lines() {
            String text = kept.toString(StandardCharsets.UTF_8);
            return text.isEmpty()
                    ? List.of()
                    : List.of(text.split("\n", -1)).subList(0, text.split("\n", -1).length - 1);
        }
    }

    private static String line(int thread, int number, Random random) {
        StringBuilder text = new StringBuilder(thread + " " + number + " ");
        int length = random.nextInt(900);
        for (int at = 0; at < length; at++) {
            text.append((char) ('a' + random.nextInt(26)));
        }
        return text + " " + checksum(text.toString());
    }

    private static String checksum(String text) {
        CRC32 crc = new CRC32();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return Long.toHexString(crc.getValue());
    }

    /** Returns what is wrong with the lines, or nothing. */
    private static List<String> faults(List<String> lines) {
        List<String> faults = new ArrayList<>();
        int[] last = new int[THREADS];
        java.util.Arrays.fill(last, -1);
        for (String line : lines) {
            int cut = line.lastIndexOf(' ');
            if (cut < 0 || !line.substring(cut + 1).equals(checksum(line.substring(0, cut)))) {
                faults.add("not whole: " + line);
                continue;
            }
            String[] words = line.split(" ", 3);
            int thread = Integer.parseInt(words[0]);
            int number = Integer.parseInt(words[1]);
            if (number <= last[thread]) {
                faults.add("out of order: " + line);
            }
            last[thread] = number;
        }
        return faults;
    }

    private interface Writer {
        void write(String line) throws Exception;
    }

    private static void writeFromAllThreads(Writer writer) throws InterruptedException {
        CyclicBarrier start = new CyclicBarrier(THREADS);
        List<Thread> threads = new ArrayList<>();
        List<Throwable> failures = java.util.Collections.synchronizedList(new ArrayList<>());
        for (int number = 0; number < THREADS; number++) {
            int thread = number;
            Runnable body =
                    () -> {
                        try {
                            start.await();
                            Random random = new Random(thread);
                            for (int n = 0; n < LINES; n++) {
                                writer.write(line(thread, n, random));
                            }
                        } catch (Throwable thrown) {
                            failures.add(thrown);
                        }
                    };
            threads.add((thread % 2 == 0 ? Thread.ofPlatform() : Thread.ofVirtual()).start(body));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failures).isEmpty();
    }

    @Test
    @DisplayName(
            "I-12 lines of 64 threads come out whole and in each thread's order; the rest is counted")
    void linesComeOutWholeAndInOrder() throws InterruptedException {
        for (int slots : new int[] {2, 16, 1024}) {
            KeepingSink sink = new KeepingSink();
            LineLog log = new LineLog(sink, slots);
            writeFromAllThreads(log::log);
            assertThat(faults(sink.lines())).isEmpty();
            assertThat(sink.lines()).hasSize((int) log.written());
            assertThat(log.written() + log.dropped()).isEqualTo((long) THREADS * LINES);
            assertThat(log.written()).isPositive();
        }
    }

    @Test
    @DisplayName("I-12 the checker rejects a log that writes lines piecemeal")
    void checkerRejectsAPiecemealLog() throws InterruptedException {
        // The broken twin: a sink reached without the ring, in two halves, each whole by itself.
        KeepingSink broken = new KeepingSink();
        LineLog half = new LineLog(broken, 1024);
        writeFromAllThreads(line -> {
            half.log(line.substring(0, line.length() / 2));
            half.log(line.substring(line.length() / 2));
        });
        assertThat(faults(broken.lines())).isNotEmpty();
    }

    @Test
    @DisplayName("I-12 when the ring wraps, the oldest lines are dropped whole and counted exactly")
    void wrapDropsTheOldest() {
        KeepingSink sink = new KeepingSink();
        sink.writable = false;
        LineLog log = new LineLog(sink, 8);
        for (int n = 0; n < 20; n++) {
            log.emergency().text("line ").decimal(n).emit();
        }
        assertThat(log.dropped()).isEqualTo(12);
        assertThat(sink.lines()).isEmpty();
        sink.writable = true;
        log.emergency().text("last").emit();
        assertThat(log.dropped()).isEqualTo(13);
        assertThat(sink.lines())
                .containsExactly(
                        "line 13", "line 14", "line 15", "line 16", "line 17", "line 18", "line 19",
                        "last");
    }

    @Test
    @DisplayName("I-12 a failing sink throws nothing; its lines and errno are counted")
    void failingSinkIsCounted() {
        KeepingSink sink = new KeepingSink();
        sink.refusal = 28;
        LineLog log = new LineLog(sink, 8);
        log.log("lost");
        log.emergency().text("lost").emit();
        assertThat(log.failed()).isEqualTo(2);
        assertThat(Errno.name(log.lastErrno())).isEqualTo("ENOSPC");
        sink.refusal = 0;
        log.log("found");
        assertThat(sink.lines()).containsExactly("found");
        assertThat(log.written()).isEqualTo(1);
    }

    @Test
    @DisplayName("I-12 the emergency path allocates nothing on the Java heap")
    void emergencyPathAllocatesNothing() {
        LineLog log = new LineLog(new FileDescriptorSink(openDevNull()), 8);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = -1;
        for (int round = 0; round < 20; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int n = 0; n < 5_000; n++) {
                log.emergency().text("overlap at ").hex(-n).text(" of ").decimal(n).emit();
            }
            allocated = threads.getCurrentThreadAllocatedBytes() - before;
        }
        assertThat(allocated).isLessThan(5_000); // less than a byte a line: the measuring itself
        assertThat(log.written()).isEqualTo(100_000);
    }

    private static int openDevNull() {
        int memory = SystemCalls.linux().memfdCreate("log", MemoryFlags.MFD_CLOEXEC);
        assertThat(memory).isPositive();
        return memory;
    }

    @Test
    void numbersLookAsTheyShould() {
        KeepingSink sink = new KeepingSink();
        LineLog log = new LineLog(sink, 8);
        log.emergency().decimal(0).text(" ").decimal(-7).text(" ").decimal(Long.MIN_VALUE).emit();
        log.emergency()
                .decimal(Long.MAX_VALUE)
                .text(" ")
                .hex(0)
                .text(" ")
                .hex(-1)
                .text("ü\n")
                .emit();
        assertThat(sink.lines())
                .containsExactly(
                        "0 -7 -9223372036854775808",
                        "9223372036854775807 0x0 0xffffffffffffffff??");
    }

    @Test
    void aLineStaysOneLineAndIsCutAtTheLimit() {
        KeepingSink sink = new KeepingSink();
        LineLog log = new LineLog(sink, 8);
        log.log("two\nin one");
        log.log("x".repeat(5000));
        assertThat(sink.lines()).containsExactly("two in one", "x".repeat(LineLog.MAX_LINE_BYTES));
    }

    @Test
    void withAllEmergencyLinesInUseAnotherIsCountedAsDropped() {
        LineLog log = new LineLog(new KeepingSink(), 8);
        List<EmergencyLine> used = new ArrayList<>();
        for (int n = 0; n < LineLog.EMERGENCY_LINES; n++) {
            used.add(log.emergency().text("x"));
        }
        log.emergency().text("one too many").emit();
        assertThat(log.dropped()).isEqualTo(1);
        used.forEach(EmergencyLine::emit);
        assertThat(log.written()).isEqualTo(LineLog.EMERGENCY_LINES);
    }
}
