// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/** Threads that put numbered values into a ring, and others that take and check them. */
final class RingTraffic {
    private static final long NONE = Long.MIN_VALUE;

    private final LongRing ring;
    private final int putters;
    private final int valuesEach;
    private final boolean dropping;
    private final AtomicInteger putting;
    private final AtomicLong refused = new AtomicLong();
    private final AtomicReference<Throwable> thrown = new AtomicReference<>();
    private final List<BitSet[]> taken = new ArrayList<>();

    private RingTraffic(LongRing ring, int putters, int valuesEach, boolean dropping) {
        this.ring = ring;
        this.putters = putters;
        this.valuesEach = valuesEach;
        this.dropping = dropping;
        putting = new AtomicInteger(putters);
    }

    /** Every value arrives once; those of one putter arrive in order, seen by each taker. */
    static void run(LongRing ring, int putters, int takers, int values)
            throws InterruptedException {
        RingTraffic traffic = new RingTraffic(ring, putters, values / putters, false);
        traffic.go(takers);
        assertThat(traffic.arrived()).isEqualTo((long) putters * traffic.valuesEach);
        assertThat(ring.dropped()).isZero();
    }

    /** What was not refused arrives once and in order; the refused ones are the dropped ones. */
    static void runDropping(LongRing ring, int putters, int takers, int values)
            throws InterruptedException {
        RingTraffic traffic = new RingTraffic(ring, putters, values / putters, true);
        traffic.go(takers);
        assertThat(ring.dropped()).isEqualTo(traffic.refused.get());
        assertThat(traffic.arrived() + ring.dropped())
                .isEqualTo((long) putters * traffic.valuesEach);
    }

    private void go(int takers) throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (int taker = 0; taker < takers; taker++) {
            BitSet[] mine = new BitSet[putters];
            for (int putter = 0; putter < putters; putter++) {
                mine[putter] = new BitSet(valuesEach);
            }
            taken.add(mine);
            threads.add(new Thread(() -> take(mine)));
        }
        for (int putter = 0; putter < putters; putter++) {
            final long name = putter;
            threads.add(new Thread(() -> put(name)));
        }
        for (Thread thread : threads) {
            thread.setUncaughtExceptionHandler((_, e) -> thrown.set(e));
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(thrown.get()).isNull();
        assertThat(ring.size()).isZero();
    }

    private void put(long putter) {
        long refusals = 0;
        for (int i = 0; i < valuesEach; i++) {
            final long value = putter << Integer.SIZE | i;
            if (dropping) {
                refusals += ring.offerOrDrop(value) ? 0 : 1;
            } else {
                while (!ring.offer(value)) {
                    offerCpu();
                }
            }
        }
        refused.addAndGet(refusals);
        putting.decrementAndGet();
    }

    private void take(BitSet[] mine) {
        int[] last = new int[putters];
        Arrays.fill(last, -1);
        while (true) {
            final boolean over = putting.get() == 0; // before the look: then empty is for good
            final long value = ring.pollOr(NONE);
            if (value == NONE) {
                if (over || thrown.get() != null) {
                    return;
                }
                offerCpu();
                continue;
            }
            final int putter = (int) (value >> Integer.SIZE);
            final int number = (int) value;
            if (number <= last[putter]) {
                throw new AssertionError(
                        number + " of putter " + putter + " came after " + last[putter]);
            }
            last[putter] = number;
            mine[putter].set(number);
        }
    }

    @SuppressWarnings("ThreadPriorityCheck") // more threads than CPUs: the other may not run
    private static void offerCpu() {
        Thread.yield();
    }

    /** Returns how many values arrived; fails if one arrived at two takers. */
    private long arrived() {
        long count = 0;
        for (int putter = 0; putter < putters; putter++) {
            BitSet all = new BitSet(valuesEach);
            for (BitSet[] mine : taken) {
                assertThat(all.intersects(mine[putter])).as("a value arrived twice").isFalse();
                all.or(mine[putter]);
            }
            count += all.cardinality();
        }
        return count;
    }
}
