// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.sync.BigReaderLock;
import io.offkraft.sync.BlockingSharedLock;
import io.offkraft.sync.PhaseFairLock;
import io.offkraft.sync.SequenceLock;
import io.offkraft.sync.SharedLock;
import io.offkraft.word.RawMemory;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class SharedLocksExplorationTest {
    private static final long SCHEDULES = Boolean.getBoolean("stress") ? 1_000_000 : 4_000;

    enum Kind {
        PHASE_FAIR,
        BIG_READER,
        BLOCKING;

        SharedLock make() {
            return switch (this) {
                case PHASE_FAIR -> new PhaseFairLock();
                case BIG_READER -> new BigReaderLock();
                case BLOCKING -> new BlockingSharedLock();
            };
        }
    }

    private static Explorer explorer(Supplier<Program> program) {
        return Explorer.of(program)
                .timersFireBelow(ExclusiveLocksExplorationTest.LONG_SLEEP_NANOS)
                .schedules(SCHEDULES);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void writersExcludeAllAndLoseNoWakeUp(Kind kind) {
        explorer(SharedLockPrograms.readersAndWriters(kind::make)).explore();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void triesAndTimeOutsLeaveTheLockUsable(Kind kind) {
        explorer(SharedLockPrograms.tries(kind::make)).explore();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void interruptsLeaveTheLockUsable(Kind kind) {
        explorer(SharedLockPrograms.interrupts(kind::make)).explore();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void exactlyOneReaderUpgrades(Kind kind) {
        explorer(SharedLockPrograms.upgrades(kind::make)).explore();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void upgradeAndDowngradeLeaveNoGap(Kind kind) {
        explorer(SharedLockPrograms.upgradesAndDowngrades(kind::make)).explore();
    }

    /** A reading of two words that a writer writes alike; {@code checked} is the right one. */
    private static Supplier<Program> sequenceReads(boolean checked) {
        return () -> {
            SequenceLock lock = new SequenceLock();
            long words = OffHeapWords.zeroed();
            Runnable writer =
                    () -> {
                        lock.lock();
                        LockPrograms.count(words);
                        LockPrograms.count(words + 8);
                        lock.unlock();
                    };
            Runnable reader =
                    () -> {
                        long sequence;
                        long first;
                        long second;
                        do {
                            sequence = lock.beginRead();
                            first = RawMemory.loadLongAcquire(words);
                            second = RawMemory.loadLongAcquire(words + 8);
                        } while (checked && !lock.isUnchangedSince(sequence));
                        assertThat(second).isEqualTo(first);
                    };
            return Program.of(writer, reader, writer, reader);
        };
    }

    @Test
    void readingUnderASequenceLockIsNeverTorn() {
        explorer(sequenceReads(true)).explore();
        assertThat(explorer(sequenceReads(true)).exhaust(1).schedules()).isGreaterThan(20);
    }

    @Test
    @DisplayName("negative control: a reading that is not checked is torn in some schedule")
    void uncheckedReadingIsTorn() {
        assertThatThrownBy(() -> explorer(sequenceReads(false)).explore())
                .isInstanceOf(ScheduleFailure.class);
    }

    @Test
    @DisplayName("negative control: each program rejects a lock that looks and then takes")
    void lockThatLooksAndThenTakesIsRejected() {
        assertRejected(SharedLockPrograms.readersAndWriters(LookThenShare::new));
        assertRejected(SharedLockPrograms.tries(LookThenShare::new));
        assertRejected(SharedLockPrograms.interrupts(LookThenShare::new));
        assertRejected(SharedLockPrograms.upgrades(LookThenShare::new));
        assertRejected(SharedLockPrograms.upgradesAndDowngrades(LookThenShare::new));
    }

    private static void assertRejected(Supplier<Program> program) {
        assertThatThrownBy(() -> explorer(program).stepsMax(2_000).explore())
                .isInstanceOf(ScheduleFailure.class);
    }
}
