// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

class CpusTest {
    private final SystemCalls calls = SystemCalls.linux();

    /** Runs the check on a platform thread of its own, so that no other keeps its affinity. */
    private static void onThreadOfItsOwn(Runnable check) throws InterruptedException {
        Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        Thread thread = new Thread(check);
        thread.setUncaughtExceptionHandler((_, thrown) -> failures.add(thrown));
        thread.start();
        thread.join();
        assertThat(failures).isEmpty();
    }

    @Test
    void boundThreadRunsOnItsCpuAndOthersKeepTheirs() throws InterruptedException {
        CpuSet before = calls.affinity();
        onThreadOfItsOwn(() ->
                before.stream()
                        .forEach(cpu -> {
                            Cpus.bindCurrentThread(cpu);
                            assertThat(Cpus.current()).isEqualTo(cpu);
                            assertThat(Cpus.allowed()).isEqualTo(CpuSet.of(cpu));
                            assertThat(Cpus.available()).isEqualTo(1);
                        }));
        assertThat(calls.affinity()).isEqualTo(before);
    }

    @Test
    void affinityIsRestoredByTheSetThatWasReadBefore() throws InterruptedException {
        onThreadOfItsOwn(() -> {
            CpuSet before = calls.affinity();
            calls.setAffinity(CpuSet.of(before.stream().max().orElseThrow()));
            calls.setAffinity(before);
            assertThat(calls.affinity()).isEqualTo(before);
        });
    }

    @Test
    void currentCpuIsOneOfTheAllowedAndTheseAreOnline() {
        assertThat(Cpus.allowed().contains(Cpus.current())).isTrue();
        assertThat(Cpus.allowed().stream().allMatch(Cpus.online()::contains)).isTrue();
        assertThat(Cpus.available()).isEqualTo(Cpus.allowed().size()).isPositive();
    }

    @Test
    void noCpuAndAbsentCpuAreRefused() throws InterruptedException {
        onThreadOfItsOwn(() -> {
            CpuSet before = calls.affinity();
            assertThatThrownBy(() -> calls.setAffinity(CpuSet.of()))
                    .hasMessage("sched_setaffinity(0, {}) failed: EINVAL (22)");
            int absent = CpuSet.MAX_CPUS - 1;
            assertThatThrownBy(() -> Cpus.bindCurrentThread(absent))
                    .isInstanceOf(SystemCallException.class)
                    .hasMessageContaining("{8191}");
            assertThat(calls.affinity()).isEqualTo(before);
        });
    }

    @Test
    void virtualThreadCannotBindItsCarrier() throws InterruptedException {
        Queue<Throwable> thrown = new ConcurrentLinkedQueue<>();
        Thread.ofVirtual()
                .uncaughtExceptionHandler((__, failure) -> thrown.add(failure))
                .start(() -> Cpus.bindCurrentThread(0))
                .join();
        assertThat(thrown)
                .singleElement()
                .isInstanceOfSatisfying(
                        WrongThreadException.class,
                        refused -> assertThat(refused).hasMessageContaining("{0}"));
    }

    @Test
    void setHoldsWhatItWasGiven() {
        assertThat(CpuSet.of(1, 5000)).isEqualTo(CpuSet.of(5000, 1)).hasToString("{1, 5000}");
        assertThat(CpuSet.of(1, 5000)).hasSameHashCodeAs(CpuSet.of(5000, 1));
        assertThat(CpuSet.of(3)).isNotEqualTo(CpuSet.of(4));
        assertThat(CpuSet.of(3).contains(3)).isTrue();
        assertThat(CpuSet.of(3).contains(-1)).isFalse();
        assertThatThrownBy(() -> CpuSet.of(-1)).hasMessageContaining("-1");
        assertThatThrownBy(() -> CpuSet.of(CpuSet.MAX_CPUS)).hasMessageContaining("8192");
    }

    @Test
    void setSurvivesTheKernelsMask() {
        CpuSet set = CpuSet.of(0, 63, 64, 1023, 1024, CpuSet.MAX_CPUS - 1);
        assertThat(CpuSet.ofMask(set.toMask())).isEqualTo(set);
        assertThat(set.toMask()[0]).isEqualTo((byte) 1);
        assertThat(set.toMask()[128]).as("CPU 1024").isEqualTo((byte) 1);
    }

    @Test
    void listIsReadAsTheKernelWritesIt() {
        assertThat(CpuSet.ofList("0-1\n")).isEqualTo(CpuSet.of(0, 1));
        assertThat(CpuSet.ofList("0,2-4,8191\n")).isEqualTo(CpuSet.of(0, 2, 3, 4, 8191));
        assertThat(CpuSet.ofList("\n")).isEqualTo(CpuSet.of());
        for (String wrong : new String[] {"x", "1-", "-1", "3-1", "1-2-3", "1,,2", "8192", "1 2"}) {
            assertThatThrownBy(() -> CpuSet.ofList(wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining('"' + wrong + '"');
        }
    }
}
