// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.config.Contention;
import io.offkraft.config.LockChoice;
import io.offkraft.config.OffkraftConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SynchronizationTest {
    @Test
    void noneGivesTheOneSharedLockThatDoesNothing() {
        final ExclusiveLock lock = Synchronization.NONE.newLock(LockClass.named("test"));

        if (LockValidator.isOn()) {
            assertThat(lock).isInstanceOf(ValidatedLock.class); // each with what is known of it
        } else {
            assertThat(lock)
                    .isSameAs(Synchronization.NONE.newLock(LockClass.named("test")))
                    .isSameAs(NoLock.INSTANCE);
        }
        lock.lock();
        assertThat(lock.tryLock()).isTrue();
        assertThat(lock.isLocked()).isFalse();
        lock.unlock();
        lock.unlock();
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void eachChoiceGivesLocksOfItsOwnUnlessSmpIsOff(Synchronization choice) {
        final LockClass test = LockClass.named("test of " + choice);
        final ExclusiveLock lock = choice.newLock(test);
        final ExclusiveLock other = choice.newLock(test);
        final SharedLock shared = choice.newSharedLock(test);
        final SharedLock otherShared = choice.newSharedLock(test);

        if (OffkraftConfig.SMP) {
            lock.lock();
            assertThat(other.tryLock()).isTrue();
            assertThat(lock.isLocked()).isTrue();
            other.unlock();
            lock.unlock();
            shared.lockWrite();
            assertThat(otherShared.tryLockWrite()).isTrue();
            assertThat(shared.isWriteLocked()).isTrue();
            otherShared.unlockWrite();
            shared.unlockWrite();
        } else if (!LockValidator.isOn()) {
            assertThat(lock).isSameAs(NoLock.INSTANCE).isSameAs(other);
            assertThat(shared).isSameAs(NoSharedLock.INSTANCE).isSameAs(otherShared);
        }
        assertThat(lock.isLocked() || shared.isWriteLocked()).isFalse();
        assertThat(lock instanceof ValidatedLock && shared instanceof ValidatedSharedLock)
                .isEqualTo(LockValidator.isOn());
    }

    @Test
    void eachChoiceIsTheLockOfItsName() {
        assertThat(Synchronization.SPIN.exclusive()).isInstanceOf(SpinLock.class);
        assertThat(Synchronization.TICKET.exclusive()).isInstanceOf(TicketLock.class);
        assertThat(Synchronization.MCS.exclusive()).isInstanceOf(McsLock.class);
        assertThat(Synchronization.RW.shared()).isInstanceOf(PhaseFairLock.class);
        assertThat(Synchronization.BIG_READER.shared()).isInstanceOf(BigReaderLock.class);
        assertThat(Synchronization.MUTEX.exclusive()).isInstanceOf(Mutex.class);
        assertThat(Synchronization.MUTEX.shared()).isInstanceOf(BlockingSharedLock.class);
    }

    @Test
    void theDefaultFollowsThePropertiesInTheirOrder() {
        assertThat(Synchronization.of(LockChoice.AUTO, Contention.LOW))
                .isEqualTo(Synchronization.SPIN);
        assertThat(Synchronization.of(LockChoice.AUTO, Contention.HIGH))
                .isEqualTo(Synchronization.BIG_READER);
        for (final Synchronization choice : Synchronization.values()) {
            assertThat(Synchronization.of(LockChoice.valueOf(choice.name()), Contention.HIGH))
                    .isEqualTo(choice);
        }
        assertThat(LockChoice.values()).hasSize(Synchronization.values().length + 1);
    }

    @Test
    @DisplayName("L-14 the empty lock for readers and writers keeps the meaning of its methods")
    void emptySharedLockKeepsTheMeaningOfItsMethods() throws InterruptedException {
        final SharedLock lock = NoSharedLock.INSTANCE;
        lock.lockRead();
        assertThat(lock.tryLockRead() && lock.tryLockWrite() && lock.tryUpgrade()).isTrue();
        assertThat(lock.tryLockRead(1) && lock.tryLockWrite(1)).isTrue();
        assertThat(lock.isReadLocked() || lock.isWriteLocked()).isFalse();
        lock.downgrade();
        lock.unlockRead();
        assertThat(lock.readSide()).isSameAs(NoLock.INSTANCE).isSameAs(lock.writeSide());
        Thread.currentThread().interrupt();
        assertThatThrownBy(lock::lockWriteInterruptibly).isInstanceOf(InterruptedException.class);
    }

    @Test
    @DisplayName(
            "L-14 with SMP off every lock is one object without state, and the counter is exact")
    void smpOffLeavesNoLockObjects() throws IOException, InterruptedException {
        assertThat(run(SmpOffProbe.class, "-Doffkraft.smp=false"))
                .containsExactly("0 lock objects", "sum exact", "NONE");
    }

    @Test
    @DisplayName("L-14 the probe counts lock objects where there are some")
    void probeCountsLockObjectsWithSmpOn() throws IOException, InterruptedException {
        assertThat(run(SmpOffProbe.class, "-Doffkraft.smp=true"))
                .containsExactly("1000 lock objects", "sum exact", "SPIN");
    }

    @Test
    @DisplayName("L-07 L-15 with the validator off a lock is the bare one, and nothing is checked")
    void validatorOffLeavesTheBareLock() throws IOException, InterruptedException {
        assertThat(run(ValidatorProbe.class, "-Doffkraft.debug.locks=false"))
                .containsExactly(
                        "McsLock", "PhaseFairLock", "block passes", "call passes", "order passes");
    }

    @Test
    @DisplayName("L-07 L-15 with the validator on every lock is checked")
    void validatorOnChecksEveryLock() throws IOException, InterruptedException {
        assertThat(run(ValidatorProbe.class, "-Doffkraft.debug.locks=true"))
                .containsExactly(
                        "ValidatedLock",
                        "ValidatedSharedLock",
                        "block SLEEP_WHILE_SPINNING",
                        "call HELD_ACROSS_SYSTEM_CALL",
                        "order ORDER_INVERSION");
    }

    private static List<String> run(Class<?> main, String property)
            throws IOException, InterruptedException {
        final Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-ea",
                                property,
                                "-cp",
                                System.getProperty("java.class.path"),
                                main.getName())
                        .redirectErrorStream(true)
                        .start();
        final String output =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output.lines().toList();
    }
}
