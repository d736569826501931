// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 5, unit = TimeUnit.MINUTES)
class WaitQueueTest {
    private static boolean taken(AtomicInteger tokens) {
        // A "no" must mean that there is none: one lost race is no reason to sleep beside a token.
        return tokens.getAndUpdate(now -> Math.max(now - 1, 0)) > 0;
    }

    @Test
    @DisplayName("two wake-ups before the first waiter ran wake two waiters, in their order")
    void twoWakeUpsWakeTwoWaiters() throws Exception {
        final WaitQueue queue = new WaitQueue();
        final AtomicInteger tokens = new AtomicInteger();
        final List<Thread> waiters = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            waiters.add(SharedLockContract.start(i == 1, () -> queue.await(() -> taken(tokens))));
            SharedLockContract.awaitParked(waiters.get(i));
        }
        tokens.set(2);
        assertThat(queue.wakeOne()).isTrue();
        assertThat(queue.wakeOne()).isTrue();
        waiters.get(0).join();
        waiters.get(1).join();
        assertThat(waiters.get(2).isAlive()).isTrue();
        tokens.set(1);
        assertThat(queue.wakeAll()).isEqualTo(1);
        waiters.get(2).join();
        assertThat(queue.wakeOne()).isFalse();
        assertThat(queue.waiting()).isZero();
    }

    @Test
    @DisplayName("each wake-up, of a thread or a handler, has its effect: none is lost")
    void noWakeUpIsLost() throws Exception {
        final WaitQueue queue = new WaitQueue();
        final AtomicInteger tokens = new AtomicInteger();
        final int rounds = Boolean.getBoolean("stress") ? 1_000_000 : 30_000;
        final List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            final boolean virtual = i % 2 == 0;
            threads.add(
                    SharedLockContract.start(
                            virtual,
                            () -> {
                                for (int n = 0; n < rounds; n++) {
                                    queue.await(() -> taken(tokens));
                                }
                            }));
            threads.add(
                    SharedLockContract.start(
                            virtual,
                            () -> {
                                for (int n = 0; n < rounds; n++) {
                                    tokens.incrementAndGet();
                                    if (n % 2 == 0) {
                                        queue.wakeOne();
                                    } else {
                                        queue.wakeIsr();
                                    }
                                }
                            }));
        }
        SharedLockContract.join(threads);
        assertThat(tokens).hasValue(0);
        assertThat(queue.waiting()).isZero();
    }

    @Test
    @DisplayName("a handler on top of the holder of the guard wakes, when that lets go, once")
    void handlerOnTopOfTheHolderOfTheGuardWakes() {
        final AtomicInteger done = new AtomicInteger();
        final IsrDrain guard =
                new IsrDrain(times -> {
                    done.addAndGet(times);
                    return null;
                });
        guard.lock();
        guard.ask(1);
        guard.ask(2);
        assertThat(done).hasValue(0);
        guard.unlock();
        assertThat(done).hasValue(3);
        guard.lock();
        guard.unlock();
        assertThat(done).hasValue(3);
    }

    @Test
    @DisplayName("time-out and interrupt end a wait and leave the queue empty")
    void timeOutAndInterruptEndAWait() throws Exception {
        final WaitQueue queue = new WaitQueue();
        final long began = System.nanoTime();
        assertThat(queue.await(() -> false, 10_000_000)).isFalse();
        assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(10_000_000);
        assertThat(queue.await(() -> false, 0)).isFalse();
        final Thread waiter =
                SharedLockContract.start(
                        false,
                        () ->
                                assertThatThrownBy(() -> queue.await(() -> false, Long.MAX_VALUE))
                                        .isInstanceOf(InterruptedException.class));
        SharedLockContract.awaitParked(waiter);
        waiter.interrupt();
        waiter.join();
        assertThat(queue.waiting()).isZero();
    }

    @Test
    @DisplayName("10^5 waits of a platform thread allocate nothing")
    void waitsAllocateNothing() throws Exception {
        final WaitQueue queue = new WaitQueue();
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        final AtomicLong bytes = new AtomicLong(-1);
        final int[] asked = new int[1];
        SharedLockContract.start(
                        false,
                        () -> {
                            // Yes at the second question: the caller stands in the queue by then.
                            final BooleanSupplier second = () -> asked[0]++ % 2 == 1;
                            for (int n = 0; n < 20_000; n++) {
                                queue.await(second);
                            }
                            final long before = threads.getCurrentThreadAllocatedBytes();
                            for (int n = 0; n < 100_000; n++) {
                                queue.await(second);
                            }
                            bytes.set(threads.getCurrentThreadAllocatedBytes() - before);
                        })
                .join();
        assertThat(bytes.get()).isBetween(0L, 10_000L);
    }

    /** Of a wait queue what the checker of lost wake-ups needs. */
    private interface Waits {
        boolean await(BooleanSupplier question, long timeoutNanos) throws InterruptedException;

        boolean wakeOne();
    }

    /** The broken twin: it asks, and then queues, and a wake-up in between finds nobody. */
    private static final class AskThenQueue implements Waits {
        private final Queue<Thread> queue = new ConcurrentLinkedQueue<>();

        @Override
        public boolean await(BooleanSupplier question, long timeoutNanos) {
            if (question.getAsBoolean()) {
                return true;
            }
            queue.add(Thread.currentThread());
            final long end = System.nanoTime() + timeoutNanos;
            while (queue.contains(Thread.currentThread())) {
                if (System.nanoTime() - end >= 0) {
                    return false;
                }
                LockSupport.parkNanos(this, timeoutNanos);
            }
            return question.getAsBoolean();
        }

        @Override
        public boolean wakeOne() {
            final Thread first = queue.poll();
            LockSupport.unpark(first);
            return first != null;
        }
    }

    /** Makes it true, and wakes, right after the waiter has seen that it is not. */
    private static boolean keepsAWakeUpBetweenAskingAndSleeping(Waits queue) throws Exception {
        final AtomicInteger tokens = new AtomicInteger();
        final AtomicInteger asked = new AtomicInteger();
        return queue.await(
                () -> {
                    final boolean yes = taken(tokens);
                    if (asked.getAndIncrement() == 0) {
                        tokens.incrementAndGet();
                        queue.wakeOne();
                    }
                    return yes;
                },
                50_000_000);
    }

    @Test
    @DisplayName("a wake-up between asking and sleeping is kept; a twin that asks first loses it")
    void wakeUpBetweenAskingAndSleepingIsKept() throws Exception {
        final WaitQueue queue = new WaitQueue();
        final Waits waits =
                new Waits() {
                    @Override
                    public boolean await(BooleanSupplier question, long timeoutNanos)
                            throws InterruptedException {
                        return queue.await(question, timeoutNanos);
                    }

                    @Override
                    public boolean wakeOne() {
                        return queue.wakeOne();
                    }
                };
        assertThat(keepsAWakeUpBetweenAskingAndSleeping(waits)).isTrue();
        assertThat(keepsAWakeUpBetweenAskingAndSleeping(new AskThenQueue())).isFalse();
    }
}
