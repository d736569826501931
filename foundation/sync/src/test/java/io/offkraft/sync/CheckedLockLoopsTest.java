// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.sync.CheckedLockLoops.Checksum;
import io.offkraft.sync.CheckedLockLoops.Door;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.concurrent.locks.StampedLock;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** All locks, ours and the JDK's, under the same checksum. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class CheckedLockLoopsTest {
    private static final boolean STRESS = Boolean.getBoolean("stress");

    private static final int THREADS_MAX = 8;

    /** Steps of all threads together. */
    private static final int STEPS = STRESS ? 400_000 : 6_000;

    /** Enough for a broken twin to be caught in every few attempts at least. */
    private static final int STEPS_OF_TWINS = 200_000;

    private static final int ATTEMPTS = 100;

    private static final Map<String, Supplier<Door>> EXCLUSIVE = new TreeMap<>();
    private static final Map<String, Supplier<ReadWriteLock>> SHARED = new TreeMap<>();

    static {
        exclusive("SpinLock", SpinLock::new);
        exclusive("TicketLock", TicketLock::new);
        exclusive("McsLock", McsLock::new);
        exclusive("Mutex", Mutex::new);
        exclusive("Mutex, recursive", () -> Mutex.builder().recursive(true).build());
        exclusive("Mutex, handing over", () -> Mutex.builder().handingOver(true).build());
        EXCLUSIVE.put("ReentrantLock", () -> Door.of(new ReentrantLock()));
        EXCLUSIVE.put("ReentrantLock, fair", () -> Door.of(new ReentrantLock(true)));
        EXCLUSIVE.put("synchronized", CheckedLockLoopsTest::monitor);

        shared("PhaseFairLock", PhaseFairLock::new);
        shared("BigReaderLock", BigReaderLock::new);
        shared("BlockingSharedLock", BlockingSharedLock::new);
        shared("ExclusiveAsShared", () -> new ExclusiveAsShared(new SpinLock()));
        SHARED.put("StampedLock", () -> new StampedLock().asReadWriteLock());
        SHARED.put("ReentrantReadWriteLock", ReentrantReadWriteLock::new);
        SHARED.put("ReentrantReadWriteLock, fair", () -> new ReentrantReadWriteLock(true));
    }

    private static void exclusive(String name, Supplier<ExclusiveLock> maker) {
        EXCLUSIVE.put(name, () -> Door.of(maker.get().asLock()));
    }

    private static void shared(String name, Supplier<SharedLock> maker) {
        SHARED.put(name, () -> maker.get().asReadWriteLock());
    }

    private static Door monitor() {
        final Object monitor = new Object();
        return (_, section) -> {
            synchronized (monitor) {
                return section.getAsLong();
            }
        };
    }

    static Stream<String> exclusiveLocks() {
        return EXCLUSIVE.keySet().stream();
    }

    static Stream<String> sharedLocks() {
        return SHARED.keySet().stream();
    }

    /** A run of the checker over one lock. */
    @FunctionalInterface
    private interface Loops {
        Checksum run(int threads, boolean virtual, int steps) throws InterruptedException;
    }

    private static void assertChecksumOfOneThread(Loops loops) throws InterruptedException {
        final Checksum right = CheckedLockLoops.ofOneThread(STEPS);
        for (int threads = 1; threads <= THREADS_MAX; threads++) {
            assertThat(loops.run(threads, false, STEPS))
                    .as("%d platform threads", threads)
                    .isEqualTo(right);
            assertThat(loops.run(threads, true, STEPS))
                    .as("%d virtual threads", threads)
                    .isEqualTo(right);
        }
    }

    @ParameterizedTest(name = "L-01 L-17 {0}: any number of threads has the checksum of one")
    @MethodSource("exclusiveLocks")
    void threadsHaveTheChecksumOfOne(String lock) throws InterruptedException {
        final Supplier<Door> maker = EXCLUSIVE.get(lock);
        assertChecksumOfOneThread((threads, virtual, steps) ->
                CheckedLockLoops.run(maker.get(), threads, virtual, steps));
    }

    @ParameterizedTest(
            name = "L-12 L-17 {0}: writers have the checksum of one, readers see no half")
    @MethodSource("sharedLocks")
    void writersHaveTheChecksumOfOneAndReadersSeeNoHalf(String lock) throws InterruptedException {
        final Supplier<ReadWriteLock> maker = SHARED.get(lock);
        assertChecksumOfOneThread((threads, virtual, steps) ->
                CheckedLockLoops.run(maker.get(), threads, virtual, steps));
    }

    @Test
    @DisplayName("L-01 the checksum rejects a lock that looks and then takes")
    void checksumRejectsALockThatLooksAndThenTakes() throws InterruptedException {
        assertThat(
                        isRejected((threads, virtual, steps) ->
                                CheckedLockLoops.run(
                                        Door.of(new CheckThenSetLock().asLock()),
                                        threads,
                                        virtual,
                                        steps)))
                .isTrue();
    }

    @Test
    @DisplayName("L-12 readers reject a lock that lets them in beside a writer")
    void readersRejectALockThatLetsThemInBesideAWriter() throws InterruptedException {
        final Checksum right = CheckedLockLoops.ofOneThread(STEPS_OF_TWINS);
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            final ReadWriteLock twin =
                    new BrokenSharedLocks.ReadersBesideAWriter().asReadWriteLock();
            final Checksum found = CheckedLockLoops.run(twin, 4, false, STEPS_OF_TWINS);
            assertThat(found.lastNumber())
                    .as("its writers are right")
                    .isEqualTo(right.lastNumber());
            if (found.halves() > 0) {
                return;
            }
        }
        throw new AssertionError("readers took a broken lock for a good one");
    }

    private static boolean isRejected(Loops loops) throws InterruptedException {
        final Checksum right = CheckedLockLoops.ofOneThread(STEPS_OF_TWINS);
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            if (!loops.run(4, false, STEPS_OF_TWINS).equals(right)) {
                return true;
            }
        }
        return false;
    }
}
