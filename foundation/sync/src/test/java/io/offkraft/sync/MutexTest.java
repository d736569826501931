// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class MutexTest extends ExclusiveLockContract {
    @Override
    ExclusiveLock newLock() {
        return new Mutex();
    }

    private static LockFault faultOf(ThrowingCallable call) {
        final LockUsageException thrown = catchThrowableOfType(LockUsageException.class, call);
        assertThat(thrown).isNotNull();
        return thrown.fault();
    }

    @Test
    @DisplayName("L-07 an unlock by another thread, twice, or of a free mutex is a typed error")
    void unlockByANonHolderIsATypedError() throws InterruptedException {
        final Mutex mutex = new Mutex();
        assertThat(faultOf(mutex::unlock)).isEqualTo(LockFault.NOT_HOLDER);
        mutex.lock();
        final AtomicReference<LockUsageException> thrown = new AtomicReference<>();
        Thread.ofPlatform()
                .start(() ->
                        thrown.set(catchThrowableOfType(LockUsageException.class, mutex::unlock)))
                .join();
        assertThat(thrown.get().fault()).isEqualTo(LockFault.NOT_HOLDER);
        assertThat(thrown.get().holder()).isEqualTo("thread #" + Thread.currentThread().threadId());
        assertThat(mutex.isHeldByCurrentThread()).isTrue();
        mutex.unlock();
        assertThat(faultOf(mutex::unlock)).isEqualTo(LockFault.NOT_HOLDER);
        assertThat(mutex.isLocked()).isFalse();
    }

    @Test
    @DisplayName("L-07 a holder that locks again gets a typed error and holds on")
    void selfLockIsATypedError() {
        final Mutex mutex = new Mutex();
        mutex.lock();
        assertThat(faultOf(mutex::lock)).isEqualTo(LockFault.RECURSION);
        assertThat(faultOf(mutex::lockInterruptibly)).isEqualTo(LockFault.RECURSION);
        assertThat(mutex.holds()).isEqualTo(1);
        mutex.unlock();
        assertThat(mutex.isLocked()).isFalse();
    }

    @Test
    @DisplayName("L-08 a recursive mutex is free after the last of 10^5 unlocks, not before")
    void recursiveMutexCountsExactly() throws InterruptedException {
        final int depth = 100_000;
        final Mutex mutex = Mutex.builder().recursive(true).metered(true).build();
        for (int i = 0; i < depth; i++) {
            mutex.lock();
        }
        assertThat(mutex.holds()).isEqualTo(depth);
        final AtomicInteger left = new AtomicInteger(-1);
        final AtomicInteger unlocks = new AtomicInteger();
        final Thread other =
                Thread.ofPlatform()
                        .start(() -> {
                            mutex.lock();
                            left.set(unlocks.get());
                            mutex.unlock();
                        });
        for (int i = 1; i <= depth; i++) {
            unlocks.set(i);
            mutex.unlock();
        }
        other.join();
        assertThat(left).hasValue(depth);
        assertThat(faultOf(mutex::unlock)).isEqualTo(LockFault.NOT_HOLDER);
        assertThat(mutex.metrics().active()).isZero();
        assertThat(mutex.metrics().unlocks()).isEqualTo(depth + 1L);
    }

    @Test
    @DisplayName("L-09 a handler's try fails while the interrupted thread holds a recursive mutex")
    void tryOfAHandlerFailsWhileTheInterruptedThreadHoldsIt() throws InterruptedException {
        final Mutex mutex = Mutex.builder().recursive(true).build();
        InterruptibleThread.run(thread -> {
            mutex.lock();
            thread.interruptBy(() -> assertThat(mutex.tryLockIsr()).isFalse());
            assertThat(mutex.holds()).isEqualTo(1);
            mutex.unlock();
            final AtomicBoolean taken = new AtomicBoolean();
            thread.interruptBy(() -> {
                taken.set(mutex.tryLockIsr());
                mutex.unlock();
            });
            assertThat(taken).isTrue();
        });
        assertThat(mutex.isLocked()).isFalse();
    }

    @Test
    @DisplayName("L-10 at rest locks and successful tries are as many as unlocks, none is active")
    void metricsAreExactAtRest() throws InterruptedException {
        final Mutex mutex = Mutex.builder().metered(true).build();
        final AtomicInteger succeeded = new AtomicInteger();
        final int rounds = 20_000;
        final List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            final Runnable task =
                    () -> {
                        for (int n = 0; n < rounds; n++) {
                            if (n % 2 == 0) {
                                mutex.lock();
                                mutex.unlock();
                            } else if (mutex.tryLock()) {
                                succeeded.incrementAndGet();
                                mutex.unlock();
                            }
                        }
                    };
            threads.add(
                    i % 2 == 0 ? Thread.startVirtualThread(task) : Thread.ofPlatform().start(task));
        }
        SharedLockContract.join(threads);
        final MutexMetrics metrics = mutex.metrics();
        assertThat(metrics.active()).isZero();
        assertThat(metrics.locks()).isEqualTo(3L * rounds);
        assertThat(metrics.triesSucceeded()).isEqualTo(succeeded.get());
        assertThat(metrics.triesSucceeded() + metrics.triesFailed()).isEqualTo(3L * rounds);
        assertThat(metrics.unlocks()).isEqualTo(metrics.locks() + succeeded.get());
    }

    @Test
    @DisplayName("L-13 what blocks throws at once in an interrupt, even if it need not wait")
    void blockingInAnInterruptIsATypedError() throws InterruptedException {
        final Mutex mutex = new Mutex();
        final Semaphore semaphore = new Semaphore(1);
        final WaitQueue queue = new WaitQueue();
        final BlockingSharedLock shared = new BlockingSharedLock();
        final List<LockFault> faults = new ArrayList<>();
        InterruptibleThread.run(thread ->
                thread.interruptBy(() -> {
                    faults.add(faultOf(mutex::lock));
                    faults.add(faultOf(semaphore::acquire));
                    faults.add(faultOf(() -> queue.await(() -> false)));
                    faults.add(faultOf(shared::lockRead));
                    faults.add(faultOf(shared::lockWrite));
                }));
        assertThat(faults).hasSize(5).containsOnly(LockFault.BLOCKING_IN_INTERRUPT);
        assertThat(mutex.isLocked() || shared.isReadLocked() || shared.isWriteLocked()).isFalse();
        assertThat(semaphore.available()).isEqualTo(1);
    }

    @Test
    @DisplayName("L-03 a mutex that hands over goes to its waiters in the order they came")
    void handingOverIsFirstInFirstOut() throws InterruptedException {
        final Mutex mutex = Mutex.builder().handingOver(true).build();
        final List<Integer> order = new ArrayList<>();
        final List<Integer> expected = new ArrayList<>();
        final List<Thread> threads = new ArrayList<>();
        mutex.lock();
        for (int i = 0; i < 16; i++) {
            final int number = i;
            expected.add(i);
            final Thread thread =
                    Thread.ofPlatform()
                            .start(() -> {
                                mutex.lock();
                                order.add(number);
                                mutex.unlock();
                            });
            SharedLockContract.awaitParked(thread);
            threads.add(thread);
        }
        mutex.unlock();
        SharedLockContract.join(threads);
        assertThat(order).isEqualTo(expected);
        assertThat(mutex.isLocked()).isFalse();
    }
}
