// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StripedCounterTest {
    private static final long ADDITIONS = Boolean.getBoolean("stress") ? 50_000_000 : 500_000;

    private int place;

    @Test
    void sumIsWhatWasAdded() {
        StripedCounter counter = new StripedCounter(() -> place++, 4);
        counter.add(40);
        counter.increment();
        counter.increment();
        counter.decrement();
        counter.add(-2);
        assertThat(counter.sum()).isEqualTo(39);
        assertThat(counter).hasToString("39");
        assertThat(counter.sumThenReset()).isEqualTo(39);
        assertThat(counter.sum()).isZero();
        counter.add(Long.MAX_VALUE);
        counter.increment();
        assertThat(counter.sum()).as("overflow wraps").isEqualTo(Long.MIN_VALUE);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 64})
    void afterQuiescenceTheSumIsExact(int places) throws InterruptedException {
        StripedCounter counter = new StripedCounter(CpuLocator.byThread(), places);
        Threads.together(
                4,
                thread -> {
                    for (long i = 0; i < ADDITIONS; i++) {
                        counter.add(thread);
                        counter.decrement();
                    }
                });
        assertThat(counter.sum()).isEqualTo(ADDITIONS * (0 + 1 + 2 + 3) - 4 * ADDITIONS);
    }

    @Test
    void ofIncrementsTheSumNeverShrinksAndLiesBetweenItsBounds() throws InterruptedException {
        StripedCounter counter = new StripedCounter();
        AtomicLong begun = new AtomicLong();
        AtomicLong ended = new AtomicLong();
        Threads.together(
                3,
                thread -> {
                    if (thread > 0) {
                        for (long i = 0; i < ADDITIONS; i++) {
                            begun.getAndIncrement();
                            counter.increment();
                            ended.getAndIncrement();
                        }
                        return;
                    }
                    long last = 0;
                    while (last < 2 * ADDITIONS) {
                        long least = ended.get();
                        long sum = counter.sum();
                        assertThat(sum).isBetween(Math.max(least, last), begun.get());
                        last = sum;
                    }
                });
    }

    @Test
    void eachAdditionIsTakenByExactlyOneReset() throws InterruptedException {
        StripedCounter counter = new StripedCounter();
        AtomicLong taken = new AtomicLong();
        AtomicBoolean over = new AtomicBoolean();
        Threads.together(
                4,
                thread -> {
                    if (thread == 0) {
                        for (long i = 0; i < ADDITIONS; i++) {
                            counter.add(3);
                        }
                        over.set(true);
                    }
                    while (!over.get()) {
                        taken.addAndGet(counter.sumThenReset());
                    }
                });
        assertThat(taken.get() + counter.sumThenReset()).isEqualTo(3 * ADDITIONS);
        assertThat(counter.sum()).isZero();
    }

    @Test
    void aMillionVirtualThreadsNeedNoMorePlaces() throws InterruptedException {
        int threads = Boolean.getBoolean("stress") ? 1_000_000 : 20_000;
        StripedCounter counter = new StripedCounter();
        try (var executor = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()) {
            for (int thread = 0; thread < threads; thread++) {
                executor.execute(counter::increment);
            }
        }
        assertThat(counter.sum()).isEqualTo(threads);
    }
}
