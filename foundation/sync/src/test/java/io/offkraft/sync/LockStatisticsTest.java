// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LockStatisticsTest {
    private static final LockClass TEST = LockClass.named("test");

    private final List<Event> events = Collections.synchronizedList(new ArrayList<>());
    private final LockObserver observer = new Recording();

    private record Event(String what, LockClass lockClass, long nanos, boolean contended) {}

    private final class Recording implements LockObserver {
        @Override
        public void acquired(LockClass lockClass, long waitNanos, boolean contended) {
            events.add(new Event("acquired", lockClass, waitNanos, contended));
        }

        @Override
        public void released(LockClass lockClass, long holdNanos) {
            events.add(new Event("released", lockClass, holdNanos, false));
        }
    }

    private List<String> kinds() {
        return events.stream().map(Event::what).toList();
    }

    @Test
    void eachAcquisitionAndReleaseIsToldOnceOfEachKindOfAcquiring() throws InterruptedException {
        final ExclusiveLock lock = new ObservedLock(new SpinLock(), TEST, observer);
        lock.lock();
        assertThat(lock.tryLock()).isFalse();
        assertThat(lock.tryLock(1)).isFalse();
        lock.unlock();
        assertThat(lock.tryLock()).isTrue();
        lock.unlock();
        assertThat(lock.tryLock(1)).isTrue();
        lock.unlock();
        lock.lockInterruptibly();
        lock.unlock();

        assertThat(kinds())
                .containsExactly(
                        "acquired",
                        "released",
                        "acquired",
                        "released",
                        "acquired",
                        "released",
                        "acquired",
                        "released");
        assertThat(events)
                .allSatisfy(event -> {
                    assertThat(event.lockClass()).isEqualTo(TEST);
                    assertThat(event.contended()).isFalse();
                });
    }

    @Test
    void waitIsContentionAndAsLongAsItWas() throws InterruptedException {
        final ExclusiveLock lock = new ObservedLock(new McsLock(), TEST, observer);
        lock.lock();
        final Thread waiter =
                new Thread(() -> {
                    lock.lock();
                    lock.unlock();
                });
        waiter.start();
        while (waiter.getState() != Thread.State.TIMED_WAITING
                && waiter.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        final long begin = System.nanoTime();
        while (System.nanoTime() - begin < TimeUnit.MILLISECONDS.toNanos(2)) {
            Thread.onSpinWait();
        }
        lock.unlock();
        waiter.join();

        final List<Event> acquired =
                events.stream().filter(event -> event.what().equals("acquired")).toList();
        assertThat(acquired.stream().map(Event::contended)).containsExactly(false, true);
        assertThat(acquired.get(1).nanos()).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(2));
        assertThat(events.stream().filter(event -> event.what().equals("released")))
                .anySatisfy(event ->
                        assertThat(event.nanos()).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(2)));
    }

    @Test
    void countsAreExactUnderContention() throws InterruptedException {
        final ExclusiveLock lock = new ObservedLock(new SpinLock(), TEST, observer);
        final CounterUnderLock.Result result =
                new CounterUnderLock(lock).run(4, 1_000, task -> new Thread(task).start());
        assertThat(result.exact()).as(result.toString()).isTrue();
        assertThat(kinds().stream().filter("acquired"::equals)).hasSize(4_000);
        assertThat(kinds().stream().filter("released"::equals)).hasSize(4_000);
    }

    @Test
    void readersWritersAndChangesBetweenThemAreCounted() {
        final SharedLock lock = new ObservedSharedLock(new BigReaderLock(), TEST, observer);
        lock.lockRead();
        lock.lockRead();
        lock.unlockRead();
        lock.unlockRead();
        lock.lockWrite();
        lock.downgrade();
        assertThat(lock.tryUpgrade()).isTrue();
        lock.unlockWrite();

        assertThat(kinds())
                .containsExactly(
                        "acquired",
                        "acquired",
                        "released",
                        "released",
                        "acquired",
                        "released",
                        "acquired",
                        "released",
                        "acquired",
                        "released");
        assertThat(lock.isReadLocked() || lock.isWriteLocked()).isFalse();
    }

    @Test
    void locksAreObservedIfMadeWhileSomebodyAsksAndAreBareOtherwise() {
        final ExclusiveLock before = Synchronization.TICKET.newLock(TEST);
        LockStatistics.observe(observer);
        final ExclusiveLock observed;
        try {
            observed = Synchronization.TICKET.newLock(TEST);
        } finally {
            LockStatistics.observe(null);
        }
        before.lock();
        before.unlock();
        assertThat(events).isEmpty();
        observed.lock();
        observed.unlock();
        assertThat(kinds()).containsExactly("acquired", "released");
    }
}
