// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SchedulePoint;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.function.LongSupplier;

/**
 * A checker of locks: threads go together along a chain of numbers, each step under the lock. Each
 * number follows from the one before, so whoever takes a step, all steps together are those of one
 * thread alone: last number and sum of the numbers are known beforehand. A step that was lost or
 * made twice, or that began at half a number, leads to another end.
 *
 * <p>The idea is that of OpenJDK's test CheckedLockLoops.
 */
final class CheckedLockLoops {
    /** Of a linear congruential generator modulo 2^64 that meets each number once (Knuth). */
    private static final long MULTIPLIER = 6_364_136_223_846_793_005L;

    private static final long INCREMENT = 1_442_695_040_888_963_407L;
    private static final long SEED = 0x0ff0_cafe;

    /** Numbers a step: long enough to be met in the middle. */
    private static final int NUMBERS_OF_A_STEP = 16;

    /** In one of so many the others are let run: two CPUs need not be free for them to meet. */
    private static final int STEPS_A_YIELD = 1024;

    // What the lock guards.
    private long number = SEED;
    private long mirror = mirrorOf(SEED);
    private long steps;

    /** Something that one thread at a time can be in. */
    @FunctionalInterface
    interface Door {
        /**
         * Returns what {@code section} returns, which runs inside.
         *
         * @param way which of several ways in is taken, if there are several
         */
        long through(int way, LongSupplier section) throws InterruptedException;

        /** Returns the door that is {@code lock}: plain, interruptible, timed, by a try first. */
        static Door of(Lock lock) {
            return (way, section) -> {
                enter(lock, way);
                try {
                    return section.getAsLong();
                } finally {
                    lock.unlock();
                }
            };
        }
    }

    /** What was found at the end. */
    record Checksum(long steps, long lastNumber, long sum, long halves) {}

    /** What one thread found; read after it has ended. */
    private static final class Finds {
        long sum;
        long halves;
    }

    /** What a thread does in its turn {@code way}. */
    @FunctionalInterface
    private interface Turn {
        void take(int way, Finds finds) throws InterruptedException;
    }

    /** Returns the checksum of so many steps by one thread. */
    static Checksum ofOneThread(int steps) {
        final CheckedLockLoops alone = new CheckedLockLoops();
        long sum = 0;
        for (int i = 0; i < steps; i++) {
            sum += alone.step();
        }
        return new Checksum(alone.steps, alone.number, sum, 0);
    }

    /** Has {@code threads} threads take so many steps together, each through {@code door}. */
    static Checksum run(Door door, int threads, boolean virtual, int steps)
            throws InterruptedException {
        final CheckedLockLoops loops = new CheckedLockLoops();
        return loops.run(
                threads,
                virtual,
                steps,
                (way, finds) -> finds.sum += door.through(way, loops::step));
    }

    /**
     * As {@link #run(Door, int, boolean, int)}, through the writing side; before and after each
     * step a thread reads three times.
     */
    static Checksum run(ReadWriteLock lock, int threads, boolean virtual, int steps)
            throws InterruptedException {
        final CheckedLockLoops loops = new CheckedLockLoops();
        final Door writing = Door.of(lock.writeLock());
        final Door reading = Door.of(lock.readLock());
        return loops.run(
                threads,
                virtual,
                steps,
                (way, finds) -> {
                    final long before = loops.read(reading, way, finds);
                    finds.sum += writing.through(way, loops::step);
                    if (loops.read(reading, way >> 2, finds) <= before) {
                        finds.halves++; // its own step at least is after
                    }
                });
    }

    private Checksum run(int threads, boolean virtual, int steps, Turn turn)
            throws InterruptedException {
        final CountDownLatch start = new CountDownLatch(1);
        final List<Throwable> failures = new ArrayList<>();
        final List<Finds> all = new ArrayList<>();
        final List<Thread> members = new ArrayList<>();
        final Thread.Builder builder = virtual ? Thread.ofVirtual() : Thread.ofPlatform();
        for (int i = 0; i < threads; i++) {
            final int share = steps / threads + (i < steps % threads ? 1 : 0);
            final SplittableRandom ways = new SplittableRandom(i);
            final Finds finds = new Finds();
            all.add(finds);
            members.add(
                    builder.start(() -> {
                        try {
                            start.await();
                            for (int n = 0; n < share; n++) {
                                turn.take(ways.nextInt(1 << 8), finds);
                            }
                        } catch (InterruptedException | RuntimeException | Error e) {
                            synchronized (failures) {
                                failures.add(e);
                            }
                        }
                    }));
        }
        start.countDown();
        for (final Thread member : members) {
            member.join();
        }
        synchronized (failures) {
            if (!failures.isEmpty()) {
                throw new AssertionError("a thread failed", failures.getFirst());
            }
        }
        return new Checksum(
                this.steps,
                number,
                all.stream().mapToLong(finds -> finds.sum).sum(),
                all.stream().mapToLong(finds -> finds.halves).sum());
    }

    /** Under the lock: goes on along the chain; returns the number that was reached. */
    private long step() {
        long next = number;
        if (mirror != mirrorOf(next)) {
            return 0; // met in the middle: the chain is broken, and the sum says so
        }
        for (int i = 0; i < NUMBERS_OF_A_STEP; i++) {
            next = next * MULTIPLIER + INCREMENT;
        }
        number = next;
        if (steps++ % STEPS_A_YIELD == 0) {
            SchedulePoint.offerCpu();
        }
        mirror = mirrorOf(next);
        return next;
    }

    /** Reads three times; returns how many steps have been taken. */
    private long read(Door door, int ways, Finds finds) throws InterruptedException {
        long last = 0;
        for (int i = 0; i < 3; i++) {
            final long seen = door.through(ways >> i, this::stepsIfWhole);
            finds.halves += seen < last ? 1 : 0;
            last = seen;
        }
        return last;
    }

    private long stepsIfWhole() {
        final long seen = steps;
        return mirror == mirrorOf(number) && seen == steps ? seen : -1;
    }

    private static long mirrorOf(long number) {
        return Long.reverse(number) ^ 0x5555_5555_5555_5555L;
    }

    private static void enter(Lock lock, int way) throws InterruptedException {
        switch (way & 3) {
            case 0 -> lock.lock();
            case 1 -> lock.lockInterruptibly();
            case 2 -> {
                if (!lock.tryLock()) {
                    lock.lock();
                }
            }
            default -> {
                if (!lock.tryLock(20, TimeUnit.MICROSECONDS)) {
                    lock.lock();
                }
            }
        }
    }
}
