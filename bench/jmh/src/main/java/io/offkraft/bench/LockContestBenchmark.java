// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.HdrHistogram.Histogram;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * Threads that want one lock all the time, also more threads than CPUs, so that the holder is
 * preempted now and then: how many sections they make together, how evenly, and how long the
 * unluckiest waits.
 *
 * <p>One shot is a contest of a fixed time, as JMH cannot compare its threads with each other. Of
 * the counters look at the raw data: their score is a sum over the shots. Sections verify that
 * nobody else was inside.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@Fork(
        value = 1,
        jvmArgsAppend = {Timing.COLLECTOR, "-Xms64m"})
@Warmup(iterations = 3)
@Measurement(iterations = 7)
public class LockContestBenchmark {
    private static final int BATCH = 16;
    private static final int CALIBRATIONS = 2_000;
    private static final int PER_CENT = 100;

    /** Two words on lines of their own that writers change alike. */
    private static final int FIRST = 16;

    private static final int SECOND = 32;

    @Param({
        "SPIN",
        "TICKET",
        "MCS",
        "PHASE_FAIR",
        "BIG_READER",
        "BLOCKING",
        "SEQUENCE",
        "MUTEX",
        "SEMAPHORE",
        "JDK_REENTRANT",
        "JDK_READ_WRITE",
        "JDK_STAMPED",
        "JDK_SEMAPHORE",
        "JDK_MONITOR"
    })
    private Contestant.Kind lock;

    @Param({"2", "4", "8", "32"})
    private int threads;

    /** What a section does besides counting, as time of a CPU. */
    @Param({"0", "1000"})
    private int sectionNanos;

    @Param("0")
    private int readPercent;

    @Param("150")
    private int millis;

    private long sectionTokens;
    private volatile boolean stop;

    /** What came out of one contest. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Outcome {
        /** Sections a microsecond, all threads together. */
        public double sectionsPerMicro;

        /** Sections of the thread that made most for one of that which made fewest. */
        public double luckiestToUnluckiest;

        /** So long waited one section in a thousand or longer; each 16th was looked at. */
        public double microsOfWaitAt999;
    }

    /** Finds how much work takes as long as a section: the least of many, as others run too. */
    @Setup
    public void calibrate() {
        long tokens = 20_000;
        long nanos = Long.MAX_VALUE;
        for (int i = 0; i < CALIBRATIONS; i++) {
            long began = System.nanoTime();
            Blackhole.consumeCPU(tokens);
            nanos = Math.min(nanos, Math.max(1, System.nanoTime() - began));
        }
        sectionTokens = sectionNanos * tokens / nanos;
    }

    @Benchmark
    public void contest(Outcome outcome) throws InterruptedException {
        Contestant contestant = lock.make();
        long[] words = new long[SECOND + FIRST];
        CountDownLatch go = new CountDownLatch(1);
        List<Participant> participants = new ArrayList<>();
        stop = false;
        for (int i = 0; i < threads; i++) {
            Participant participant = new Participant(contestant, words, go, i);
            participants.add(participant);
            participant.start();
        }
        long began = System.nanoTime();
        go.countDown();
        Thread.sleep(millis);
        stop = true;
        long nanos = System.nanoTime() - began;
        long fewest = Long.MAX_VALUE;
        long most = 0;
        long all = 0;
        long writings = 0;
        Histogram waits = new Histogram(3);
        for (Participant participant : participants) {
            participant.join();
            long sections = participant.sectionsInTime;
            fewest = Math.min(fewest, sections);
            most = Math.max(most, sections);
            all += sections;
            writings += participant.writings;
            waits.add(participant.waits);
        }
        if (words[FIRST] != writings) {
            throw new AssertionError(writings + " writings made " + words[FIRST]);
        }
        outcome.sectionsPerMicro = all * 1e3 / nanos;
        outcome.luckiestToUnluckiest = (double) most / Math.max(1, fewest);
        outcome.microsOfWaitAt999 = waits.getValueAtPercentile(99.9) / 1e3;
    }

    private final class Participant extends Thread {
        private final Contestant contestant;
        private final long[] words;
        private final CountDownLatch go;
        private final Histogram waits = new Histogram(3);
        private final Runnable writing = this::writeSection;
        private final Runnable reading = this::readSection;
        private long random;
        private long enteredNanos;
        private boolean sampled;
        private boolean torn;
        private long writings;
        private long sectionsInTime;

        Participant(Contestant contestant, long[] words, CountDownLatch go, int number) {
            this.contestant = contestant;
            this.words = words;
            this.go = go;
            random = number * 2L + 1;
        }

        @Override
        public void run() {
            try {
                go.await();
            } catch (InterruptedException e) {
                return; // nobody interrupts
            }
            long sections = 0;
            while (!stop) {
                sampled = true;
                long began = System.nanoTime();
                runSection();
                waits.recordValue(Math.max(0, enteredNanos - began));
                sampled = false;
                for (int i = 1; i < BATCH; i++) {
                    runSection();
                }
                sections += BATCH;
            }
            sectionsInTime = sections;
        }

        private void runSection() {
            random = random * 6364136223846793005L + 1442695040888963407L; // Knuth's MMIX
            if ((random >>> 33) % PER_CENT < readPercent) {
                contestant.read(reading);
                if (torn) {
                    throw new AssertionError("a reader saw half of a writing");
                }
            } else {
                contestant.write(writing);
                writings++;
            }
        }

        private void enter() {
            if (sampled) {
                enteredNanos = System.nanoTime();
            }
        }

        private void writeSection() {
            enter();
            words[FIRST]++;
            if (sectionTokens > 0) {
                Blackhole.consumeCPU(sectionTokens);
            }
            words[SECOND]++;
        }

        private void readSection() {
            enter();
            long first = words[FIRST];
            if (sectionTokens > 0) {
                Blackhole.consumeCPU(sectionTokens);
            }
            torn = first != words[SECOND];
        }
    }
}
