// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HandoverTest {
    private final Handover handover = new Handover(4);

    @Test
    void publishedRecordIsNotWaitedFor() {
        handover.publishRelease(2, 0);
        handover.publishRelease(3, 17);

        assertThat(handover.awaitAcquire(2, 0)).isTrue();
        assertThat(handover.awaitAcquire(3, 17)).isTrue();
    }

    @Test
    void objectPassesBackAndForthBetweenThreadsWithWhatWasWritten() throws Exception {
        int passes = 20_000;
        long[] plain = new long[1];

        try (ExecutorService pool = Executors.newFixedThreadPool(2)) {
            Future<?> odd = pool.submit(() -> pass(plain, 1, passes));
            pass(plain, 0, passes);
            odd.get(50, TimeUnit.SECONDS);
        }

        assertThat(plain[0]).isEqualTo(passes);
    }

    @Test
    void stopReleasesAThreadThatWaits() throws Exception {
        try (ExecutorService pool = Executors.newSingleThreadExecutor()) {
            Future<Boolean> waiter = pool.submit(() -> handover.awaitAcquire(0, 5));
            handover.stop();
            assertThat(waiter.get(50, TimeUnit.SECONDS)).isFalse();
        }
    }

    @Test
    void firstExhaustionIsKeptAndStops() {
        handover.stopExhausted(7);
        handover.stopExhausted(3);

        assertThat(handover.exhaustedAt()).isEqualTo(7);
        assertThat(handover.isStopped()).isTrue();
    }

    @Test
    void resetForgets() {
        handover.publishRelease(1, 1);
        handover.stopExhausted(7);

        handover.reset();

        assertThat(handover.exhaustedAt()).isEqualTo(Handover.NONE);
        assertThat(handover.isStopped()).isFalse();
        handover.stop();
        assertThat(handover.awaitAcquire(1, 1)).isFalse();
    }

    /** Adds one to the plain counter at every record that is this thread's. */
    private void pass(long[] plain, int parity, int passes) {
        for (int record = parity; record < passes; record += 2) {
            if (record > 0) {
                assertThat(handover.awaitAcquire(0, record - 1)).isTrue();
            }
            plain[0]++;
            handover.publishRelease(0, record);
        }
    }
}
