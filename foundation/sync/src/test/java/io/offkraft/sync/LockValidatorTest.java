// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LockValidatorTest {
    private final List<String> reports = Collections.synchronizedList(new ArrayList<>());
    private final LockValidator validator = new LockValidator(reports::add);
    private final ExclusiveLock a = spin("a");
    private final ExclusiveLock b = spin("b");
    private final ExclusiveLock c = spin("c");

    private ExclusiveLock spin(String lockClass) {
        return spin(LockClass.named(lockClass));
    }

    private ExclusiveLock spin(LockClass lockClass) {
        final SpinLock lock = new SpinLock();
        return validator.validated(lock, lock, lockClass);
    }

    private SharedLock shared(SharedLock lock) {
        return validator.validated(lock, lock, LockClass.named("shared"));
    }

    private static LockUsageException fault(Runnable action) {
        return catchThrowableOfType(LockUsageException.class, action::run);
    }

    private static void under(ExclusiveLock outer, ExclusiveLock inner) {
        outer.lock();
        try {
            inner.lock();
            inner.unlock();
        } finally {
            outer.unlock();
        }
    }

    private static void inThread(String name, Runnable action) {
        final AtomicReference<Throwable> thrown = new AtomicReference<>();
        final Thread thread = Thread.ofPlatform().name(name).unstarted(action);
        thread.setUncaughtExceptionHandler((_, e) -> thrown.set(e));
        thread.start();
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        assertThat(thrown.get()).isNull();
    }

    @Test
    @DisplayName("L-15 the first wrong order is reported with both stacks though nobody deadlocked")
    void inversionIsReportedAtTheFirstWrongAcquisition() {
        inThread("first", () -> under(a, b));

        final LockUsageException e = fault(() -> under(b, a));

        assertThat(e.fault()).isEqualTo(LockFault.ORDER_INVERSION);
        assertThat(e.lock()).isEqualTo("a (SpinLock)");
        assertThat(e.getMessage())
                .contains("a is taken under b here")
                .contains("    a ---> b\n    ^      |\n    +------+\n")
                .contains("earlier, a was taken, by first:\n    at " + here("under"))
                .contains("and b under it, by first:\n    at " + here("under"))
                .contains("now, b was taken, by " + Thread.currentThread().getName())
                .contains("and a is asked for under it")
                .contains("inversionIsReportedAtTheFirstWrongAcquisition")
                .doesNotContain("ValidatedLock.lock");
        assertThat(a.isLocked() || b.isLocked()).isFalse();
        under(a, b);
    }

    private static String here(String method) {
        return LockValidatorTest.class.getName() + "." + method;
    }

    @Test
    @DisplayName("L-15 a cycle of three classes is found and drawn")
    void cycleOfThreeIsFound() {
        under(a, b);
        under(b, c);

        final LockUsageException e = fault(() -> under(c, a));

        assertThat(e.fault()).isEqualTo(LockFault.ORDER_INVERSION);
        assertThat(e.getMessage())
                .contains("    a ---> b ---> c\n    ^             |\n    +-------------+\n");
    }

    @Test
    @DisplayName("L-15 negative control: one order everywhere, and tries, are not reported")
    void consistentOrderIsSilent() {
        for (int i = 0; i < 3; i++) {
            under(a, b);
            under(b, c);
            under(a, c);
            inThread("other", () -> under(a, c));
        }
        c.lock();
        assertThat(a.tryLock()).isTrue();
        a.unlock();
        c.unlock();
        assertThat(validator.hasSeen(LockClass.named("a"), LockClass.named("c"))).isTrue();
        assertThat(validator.hasSeen(LockClass.named("c"), LockClass.named("a"))).isFalse();
        assertThat(reports).isEmpty();
    }

    @Test
    @DisplayName("L-15 what was taken by a try counts as held")
    void orderUnderATryIsNoted() {
        assertThat(a.tryLock()).isTrue();
        b.lock();
        b.unlock();
        a.unlock();

        assertThat(fault(() -> under(b, a)).fault()).isEqualTo(LockFault.ORDER_INVERSION);
    }

    @Test
    @DisplayName("L-15 readers and writers have an order too")
    void inversionOfASharedLockIsReported() {
        final SharedLock shared = shared(new PhaseFairLock());
        under(a, shared.readSide());

        assertThat(fault(() -> under(shared.writeSide(), a)).fault())
                .isEqualTo(LockFault.ORDER_INVERSION);
        assertThat(shared.isWriteLocked()).isFalse();
    }

    @Test
    void twoLocksOfOneClassArePossibleRecursion() {
        final ExclusiveLock other = spin("a");

        final LockUsageException e = fault(() -> under(a, other));

        assertThat(e.fault()).isEqualTo(LockFault.RECURSION);
        assertThat(e.getMessage()).contains("possible recursion");
        assertThat(other.isLocked()).isFalse();
    }

    @Test
    @DisplayName("L-07 a non-recursive lock that its holder asks for again stays held once")
    void selfLockIsReported() {
        a.lock();

        assertThat(fault(a::lock).fault()).isEqualTo(LockFault.RECURSION);
        assertThat(a.isLocked()).isTrue();
        assertThat(a.tryLock()).isFalse();
        a.unlock();
        assertThat(a.isLocked()).isFalse();
    }

    @Test
    @DisplayName("L-07 unlock by a non-holder is refused, names the holder and changes nothing")
    void unlockByANonHolderIsReported() {
        final String caller = Thread.currentThread().getName();
        a.lock();
        inThread(
                "thief",
                () -> {
                    final LockUsageException e = fault(a::unlock);
                    assertThat(e.fault()).isEqualTo(LockFault.NOT_HOLDER);
                    assertThat(e.holder()).isEqualTo(caller);
                    assertThat(a.tryLock()).isFalse();
                });
        a.unlock();
    }

    @Test
    @DisplayName("L-07 the second of two unlocks is refused")
    void doubleUnlockIsReported() {
        a.lock();
        a.unlock();

        final LockUsageException e = fault(a::unlock);
        assertThat(e.fault()).isEqualTo(LockFault.NOT_HOLDER);
        assertThat(e.holder()).isNull();
        assertThat(a.tryLock()).isTrue();
        a.unlock();
    }

    @Test
    @DisplayName("L-07 sides of a lock for readers and writers are not mixed up")
    void sharedLockIsReleasedAsItWasTaken() {
        final SharedLock shared = shared(new PhaseFairLock());
        shared.lockRead();
        assertThat(fault(shared::unlockWrite).fault()).isEqualTo(LockFault.NOT_HOLDER);
        assertThat(fault(shared::lockWrite).fault()).isEqualTo(LockFault.RECURSION);
        assertThat(fault(shared::lockRead).fault()).isEqualTo(LockFault.RECURSION);
        assertThat(fault(shared::downgrade).fault()).isEqualTo(LockFault.NOT_HOLDER);
        assertThat(shared.tryUpgrade()).isTrue();
        assertThat(fault(shared::unlockRead).fault()).isEqualTo(LockFault.NOT_HOLDER);
        shared.downgrade();
        shared.unlockRead();
        assertThat(shared.isReadLocked() || shared.isWriteLocked()).isFalse();
    }

    @Test
    void readersOfABigReaderLockMayNest() {
        final SharedLock shared = shared(new BigReaderLock());
        shared.lockRead();
        shared.lockRead();
        shared.unlockRead();
        assertThat(shared.isReadLocked()).isTrue();
        shared.unlockRead();
        assertThat(shared.isReadLocked()).isFalse();
        assertThat(fault(shared::unlockRead).fault()).isEqualTo(LockFault.NOT_HOLDER);
    }

    @Test
    @DisplayName("L-05 a handler that asks for what the interrupted code holds is a self-deadlock")
    void handlerThatAsksForTheInterruptedCodesLockIsReported() throws InterruptedException {
        InterruptibleThread.run(thread -> {
            a.lock();
            thread.interruptBy(() -> {
                final LockUsageException e = fault(a::lock);
                assertThat(e.fault()).isEqualTo(LockFault.RECURSION);
                assertThat(e.getMessage())
                        .contains("self-deadlock: an interrupt handler")
                        .contains("lockIrqSave");
            });
            assertThat(a.isLocked()).isTrue();
            a.unlock();
        });
    }

    @Test
    @DisplayName("L-05 negative control: with irqsave a handler's lock is in order")
    void irqSaveIsSilent() throws InterruptedException {
        final List<String> ran = new ArrayList<>();
        InterruptibleThread.run(thread -> {
            for (int i = 0; i < 2; i++) {
                final InterruptState.Token token = a.lockIrqSave();
                thread.interruptBy(() -> {
                    a.lock();
                    ran.add("handler");
                    a.unlock();
                });
                ran.add("section");
                a.unlockIrqRestore(token);
            }
        });
        assertThat(ran).containsExactly("section", "handler", "section", "handler");
    }

    @Test
    @DisplayName("L-15 a class used by handlers may not be taken interruptible afterwards")
    void interruptibleUseAfterAHandlersIsReported() throws InterruptedException {
        InterruptibleThread.run(thread -> {
            thread.interruptBy(() -> {
                a.lock();
                a.unlock();
            });
            final LockUsageException e = fault(a::lock);
            assertThat(e.fault()).isEqualTo(LockFault.INTERRUPT_USE);
            assertThat(e.getMessage()).contains("by a handler", "interruptible");
            assertThat(fault(a::tryLock).fault()).isEqualTo(LockFault.INTERRUPT_USE);
            assertThat(a.isLocked()).isFalse();
        });
    }

    @Test
    @DisplayName("L-15 a class taken interruptible may not be used by handlers afterwards")
    void handlersUseAfterAnInterruptibleIsReported() throws InterruptedException {
        InterruptibleThread.run(thread -> {
            a.lock();
            a.unlock();
            thread.interruptBy(
                    () -> assertThat(fault(a::lock).fault()).isEqualTo(LockFault.INTERRUPT_USE));
        });
    }

    @Test
    @DisplayName("L-05 a refused irqsave leaves interrupts as they were")
    void refusedIrqSaveGivesTheMaskBack() throws InterruptedException {
        InterruptibleThread.run(_ -> {
            a.lock();
            assertThat(fault(a::lockIrqSave).fault()).isEqualTo(LockFault.RECURSION);
            assertThat(a.tryLockIrqSave()).isNull();
            assertThat(InterruptState.interruptsEnabled()).isTrue();
            a.unlock();
        });
    }

    @Test
    @DisplayName("L-13 a wait under a spin lock is reported; without one it is not")
    void sleepWhileSpinningIsReported() {
        validator.checkMayBlock("Mutex");
        a.lock();
        final LockUsageException e = fault(() -> validator.checkMayBlock("Mutex"));
        assertThat(e.fault()).isEqualTo(LockFault.SLEEP_WHILE_SPINNING);
        assertThat(e.getMessage()).contains("about to wait for Mutex", "the lock was taken");
        a.unlock();
        assertThatCode(() -> validator.checkMayBlock("Mutex")).doesNotThrowAnyException();
    }

    @Test
    @DisplayName("L-13 a mutex under a spin lock is reported though it is free, not the reverse")
    void mutexUnderASpinLockIsReported() {
        final Mutex bare = new Mutex();
        final ExclusiveLock mutex = validator.validated(bare, bare, LockClass.named("mutex"));
        final BlockingSharedLock blocking = new BlockingSharedLock();
        final SharedLock shared = validator.validated(blocking, blocking, LockClass.named("rw"));
        mutex.lock();
        shared.lockRead();
        under(a, b);
        shared.unlockRead();
        mutex.unlock();
        a.lock();
        assertThat(fault(mutex::lock).fault()).isEqualTo(LockFault.SLEEP_WHILE_SPINNING);
        assertThat(fault(shared::lockWrite).fault()).isEqualTo(LockFault.SLEEP_WHILE_SPINNING);
        assertThat(mutex.tryLock()).isTrue(); // does not wait
        mutex.unlock();
        a.unlock();
        assertThat(mutex.isLocked() || shared.isWriteLocked()).isFalse();
    }

    @Test
    void systemCallUnderALockIsReportedUnlessItsClassAllowsIt() {
        final ExclusiveLock allowed = spin(LockClass.acrossSystemCalls("vmem"));
        allowed.lock();
        validator.checkMayCallSystem("mmap");
        allowed.unlock();
        a.lock();
        allowed.lock();
        final LockUsageException e = fault(() -> validator.checkMayCallSystem("mmap"));
        assertThat(e.fault()).isEqualTo(LockFault.HELD_ACROSS_SYSTEM_CALL);
        assertThat(e.lock()).isEqualTo("a (SpinLock)");
        assertThat(e.getMessage()).contains("mmap is about to be called");
        allowed.unlock();
        a.unlock();
    }

    @Test
    void lockLeftBehindByAThreadIsReportedToWhoLooksWaitsOrComesNew() {
        inThread("tidy", () -> under(a, b));
        validator.checkEnded();
        inThread("untidy", a::lock);

        final LockUsageException looked = fault(validator::checkEnded);
        assertThat(looked.fault()).isEqualTo(LockFault.HELD_AT_EXIT);
        assertThat(looked.holder()).isEqualTo("untidy");
        assertThat(looked.getMessage()).contains("the lock was taken, by untidy");
        assertThat(fault(a::lock).fault()).isEqualTo(LockFault.HELD_AT_EXIT);
        assertThat(a.tryLock()).isFalse();
        inThread("new", () -> under(b, c));
        inThread("newer", () -> under(b, c));
        assertThat(reports).hasSize(1);
        assertThat(reports.getFirst()).contains("HELD_AT_EXIT of a", "untidy");
    }

    @Test
    void threadThatReleasedAndEndedSinceItWasSeenAsAHolderLeftNothingBehind() {
        final TrackedLock lock =
                new TrackedLock(new LockOrder.Node(LockClass.named("a")), new SpinLock());
        final AtomicReference<Thread> holder = new AtomicReference<>();
        inThread(
                "tidy",
                () -> {
                    holder.set(Thread.currentThread());
                    lock.addHolder();
                    assertThat(lock.isLeftBehindBy(Thread.currentThread())).isFalse();
                    lock.removeHolder();
                });
        assertThat(lock.isLeftBehindBy(holder.get())).isFalse();
        inThread(
                "untidy",
                () -> {
                    holder.set(Thread.currentThread());
                    lock.addHolder();
                });
        assertThat(lock.isLeftBehindBy(holder.get())).isTrue();
        assertThat(lock.deadHolderOrNull()).isSameAs(holder.get());
    }

    @Test
    void waiterNoticesThatTheHolderHasEndedMeanwhile() throws InterruptedException {
        final Thread holder = new Thread(holding(a), "holder");
        holder.start();
        while (!a.isLocked()) {
            Thread.onSpinWait();
        }
        final AtomicReference<LockUsageException> refused = new AtomicReference<>();
        final Thread waiter = new Thread(() -> refused.set(fault(a::lock)), "waiter");
        waiter.start();
        while (waiter.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        holder.interrupt();
        waiter.join();
        assertThat(refused.get().fault()).isEqualTo(LockFault.HELD_AT_EXIT);
    }

    private static Runnable holding(ExclusiveLock lock) {
        return () -> {
            lock.lock();
            try {
                Thread.sleep(TimeUnit.HOURS.toMillis(1));
            } catch (InterruptedException _) {
                // ends, and holds the lock
            }
        };
    }

    @Test
    @DisplayName("L-14 with SMP off a second CPU at the empty lock is refused, and then welcome")
    void secondCpuIsRefused() {
        final String caller = Thread.currentThread().getName();
        final ExclusiveLock empty =
                validator.validated(NoLock.INSTANCE, NoLock.INSTANCE, LockClass.named("a"));
        empty.lock();
        assertThat(empty.tryLock()).isTrue();
        assertThat(empty.isLocked()).isFalse();
        inThread(
                "second",
                () -> {
                    final LockUsageException e = fault(empty::lock);
                    assertThat(e.fault()).isEqualTo(LockFault.SECOND_CPU);
                    assertThat(e.holder()).isEqualTo(caller);
                    assertThat(fault(empty::tryLock).fault()).isEqualTo(LockFault.SECOND_CPU);
                    assertThat(fault(empty::unlock).fault()).isEqualTo(LockFault.NOT_HOLDER);
                });
        empty.unlock();
        inThread("second", () -> assertThat(fault(empty::lock)).isNotNull());
        empty.unlock();
        inThread("second", () -> under(empty, b));
    }

    @Test
    void validatedLockStillExcludes() throws InterruptedException {
        final CounterUnderLock.Result result =
                new CounterUnderLock(a).run(4, 5_000, task -> new Thread(task).start());
        assertThat(result.exact()).as(result.toString()).isTrue();
    }
}
