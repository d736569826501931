// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.config.OffkraftConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SynchronizationTest {
    @Test
    void noneGivesTheOneSharedLockThatDoesNothing() {
        final ExclusiveLock lock = Synchronization.NONE.newLock(LockClass.named("test"));

        assertThat(lock)
                .isSameAs(Synchronization.NONE.newLock(LockClass.named("test")))
                .isSameAs(NoLock.INSTANCE);
        lock.lock();
        assertThat(lock.tryLock()).isTrue();
        assertThat(lock.isLocked()).isFalse();
        lock.unlock();
    }

    @Test
    void spinGivesALockOfItsOwnUnlessSmpIsOff() {
        final ExclusiveLock lock = Synchronization.SPIN.newLock(LockClass.named("test"));

        if (OffkraftConfig.SMP) {
            assertThat(lock).isInstanceOf(SpinLock.class);
            assertThat(lock).isNotSameAs(Synchronization.SPIN.newLock(LockClass.named("test")));
            assertThat(Synchronization.defaultChoice()).isEqualTo(Synchronization.SPIN);
        } else {
            assertThat(lock).isSameAs(NoLock.INSTANCE);
            assertThat(Synchronization.defaultChoice()).isEqualTo(Synchronization.NONE);
        }
    }

    @Test
    @DisplayName(
            "L-14 with SMP off every lock is one object without state, and the counter is exact")
    void smpOffLeavesNoLockObjects() throws IOException, InterruptedException {
        assertThat(runSmpOffProbe("false")).containsExactly("0 lock objects", "sum exact", "NONE");
    }

    @Test
    @DisplayName("L-14 the probe counts lock objects where there are some")
    void probeCountsLockObjectsWithSmpOn() throws IOException, InterruptedException {
        assertThat(runSmpOffProbe("true"))
                .containsExactly("1000 lock objects", "sum exact", "SPIN");
    }

    private static List<String> runSmpOffProbe(String smp)
            throws IOException, InterruptedException {
        final Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-ea",
                                "-Doffkraft.smp=" + smp,
                                "-cp",
                                System.getProperty("java.class.path"),
                                SmpOffProbe.class.getName())
                        .redirectErrorStream(true)
                        .start();
        final String output =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output.lines().toList();
    }
}
