// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.word.SchedulePoint;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SequenceLockTest extends ExclusiveLockContract {
    private static final int READINGS = Boolean.getBoolean("stress") ? 10_000_000 : 300_000;

    /** Of so many readings one waits in its middle for whole writings, wherever these run. */
    private static final int READINGS_A_WAIT = 4096;

    private static final int WAITS = (READINGS + READINGS_A_WAIT - 1) / READINGS_A_WAIT;

    private long one;
    private long other;

    @Override
    ExclusiveLock newLock() {
        return new SequenceLock();
    }

    @Test
    @DisplayName("L-12 what is read and found unchanged is one whole writing")
    void whatIsFoundUnchangedIsOneWholeWriting() throws InterruptedException {
        assertThat(tornReadings(new SequenceLock(), true)).isZero();
    }

    @Test
    @DisplayName("L-12 the checker sees half writings when nobody asks whether it changed")
    void checkerSeesHalfWritings() throws InterruptedException {
        assertThat(tornReadings(new SequenceLock(), false)).isGreaterThanOrEqualTo(WAITS);
    }

    private long tornReadings(SequenceLock lock, boolean validated) throws InterruptedException {
        final AtomicLong written = new AtomicLong();
        final AtomicBoolean stop = new AtomicBoolean();
        final Thread writer =
                Thread.ofPlatform()
                        .start(() -> {
                            while (!stop.get()) {
                                lock.lock();
                                one++;
                                other++;
                                lock.unlock();
                                written.incrementAndGet();
                            }
                        });
        long torn = 0;
        for (int n = 0; n < READINGS; n++) {
            long first;
            long second;
            long sequence;
            boolean waits = n % READINGS_A_WAIT == 0;
            do {
                sequence = lock.beginRead();
                first = one;
                if (waits) {
                    // The next one may have been over already, the one after it was not.
                    final long enough = written.get() + 2;
                    while (written.get() < enough) {
                        SchedulePoint.offerCpu();
                    }
                    waits = false; // when it is read again, it is read at once
                }
                second = other;
            } while (validated && !lock.isUnchangedSince(sequence));
            torn += first == second ? 0 : 1;
        }
        stop.set(true);
        writer.join();
        return torn;
    }

    @Test
    @DisplayName("a writing between begin and end of a reading is found")
    void writingBetweenIsFound() {
        final SequenceLock lock = new SequenceLock();
        final long sequence = lock.beginRead();
        assertThat(lock.isUnchangedSince(sequence)).isTrue();
        lock.lock();
        assertThat(lock.isUnchangedSince(sequence)).isFalse();
        lock.unlock();
        assertThat(lock.isUnchangedSince(sequence)).isFalse();
        assertThat(lock.isUnchangedSince(lock.beginRead())).isTrue();
    }
}
