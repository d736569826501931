// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.sync.LockFault;
import io.offkraft.sync.LockUsageException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class MailboxTest {
    private static final long NONE = -1;
    private static final long SHORT_NANOS = 2_000_000;
    private static final int VALUES = Boolean.getBoolean("stress") ? 1_000_000 : 20_000;

    private static Mailbox full() {
        Mailbox mailbox = new Mailbox(2);
        mailbox.post(1);
        mailbox.post(2);
        return mailbox;
    }

    /** A body that may be interrupted. */
    private interface Body {
        void run() throws InterruptedException;
    }

    /** A thread, and what it threw. */
    private record Waiting(Thread thread, AtomicReference<Throwable> thrown) {
        static Waiting begin(boolean virtual, Body body) throws InterruptedException {
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            Runnable task =
                    () -> {
                        try {
                            body.run();
                        } catch (Throwable e) {
                            thrown.set(e);
                        }
                    };
            Thread thread =
                    virtual ? Thread.ofVirtual().start(task) : Thread.ofPlatform().start(task);
            while (thread.getState() != Thread.State.TIMED_WAITING) {
                if (!thread.isAlive()) {
                    throw new AssertionError("did not wait", thrown.get());
                }
                Thread.onSpinWait();
            }
            return new Waiting(thread, thrown);
        }

        void end() throws InterruptedException {
            thread.join();
            assertThat(thrown.get()).isNull();
        }
    }

    @Test
    @DisplayName("R-04 a full mailbox refuses a try, an empty one has nothing")
    void triesFailOnlyOnAFullOrEmptyMailbox() {
        Mailbox mailbox = new Mailbox(2);
        assertThat(mailbox.tryReceiveOr(NONE)).isEqualTo(NONE);
        assertThat(mailbox.tryPost(1)).isTrue();
        assertThat(mailbox.tryPost(2)).isTrue();
        assertThat(mailbox.tryPost(3)).isFalse();
        assertThat(mailbox.size()).isEqualTo(mailbox.capacity()).isEqualTo(2);
        assertThat(mailbox).hasToString("Mailbox[2 of 2]");
        assertThat(mailbox.tryReceiveOr(NONE)).isEqualTo(1);
        assertThat(mailbox.tryPost(3)).isTrue();
        assertThat(mailbox.receive()).isEqualTo(2);
        assertThat(mailbox.receive()).isEqualTo(3);
        assertThat(mailbox.tryReceiveOr(NONE)).isEqualTo(NONE);
    }

    @Test
    void capacityThatIsNoPowerOfTwoIsRefused() {
        assertThatThrownBy(() -> new Mailbox(3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith(": 3");
    }

    @Test
    @DisplayName("R-04 any long can be posted, also the one that stands for none")
    void anyLongCanBePosted() throws InterruptedException {
        Mailbox mailbox = new Mailbox(2);
        for (long value : new long[] {Long.MIN_VALUE, NONE, 0, Long.MAX_VALUE}) {
            mailbox.post(value);
            assertThat(mailbox.receiveInterruptibly()).isEqualTo(value);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1, 0, SHORT_NANOS})
    @DisplayName("R-04 a wait whose time is over has posted or received nothing")
    void waitWhoseTimeIsOverHasDoneNothing(long timeoutNanos) throws InterruptedException {
        long began = System.nanoTime();
        assertThat(new Mailbox(2).receiveOr(NONE, timeoutNanos)).isEqualTo(NONE);
        Mailbox mailbox = full();
        assertThat(mailbox.post(3, timeoutNanos)).isFalse();
        assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(2 * timeoutNanos);
        assertThat(mailbox.receiveOr(NONE, timeoutNanos)).isEqualTo(1);
        assertThat(mailbox.post(4, timeoutNanos)).isTrue();
        assertThat(mailbox.receive()).isEqualTo(2);
        assertThat(mailbox.receive()).isEqualTo(4);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("R-04 who waits for a value gets it, with a time-out or without")
    void receiverIsWokenByAValue(boolean virtual) throws InterruptedException {
        Mailbox mailbox = new Mailbox(2);
        List<LongSupplier> waits =
                List.of(
                        mailbox::receive,
                        () -> uninterrupted(mailbox::receiveInterruptibly),
                        () -> uninterrupted(() -> mailbox.receiveOr(NONE, Long.MAX_VALUE)),
                        () -> uninterrupted(() -> mailbox.receiveOr(NONE, 50_000_000_000L)));
        for (LongSupplier wait : waits) {
            Waiting receiver =
                    Waiting.begin(virtual, () -> assertThat(wait.getAsLong()).isEqualTo(5));
            mailbox.post(5);
            receiver.end();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("R-04 who waits for room gets it, with a time-out or without")
    void posterIsWokenByRoom(boolean virtual) throws InterruptedException {
        Mailbox mailbox = full();
        List<Body> waits =
                List.of(
                        () -> mailbox.post(5),
                        () -> mailbox.postInterruptibly(5),
                        () -> assertThat(mailbox.post(5, Long.MAX_VALUE)).isTrue(),
                        () -> assertThat(mailbox.post(5, 50_000_000_000L)).isTrue());
        for (Body wait : waits) {
            Waiting poster = Waiting.begin(virtual, wait);
            assertThat(mailbox.receive()).isPositive();
            poster.end();
            assertThat(mailbox.size()).isEqualTo(2);
        }
    }

    private interface Receive {
        long run() throws InterruptedException;
    }

    private static long uninterrupted(Receive receive) {
        try {
            return receive.run();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    @DisplayName("R-04 an interrupt ends a wait that allows it, and nothing is posted or lost")
    void interruptEndsAWait() throws InterruptedException {
        Mailbox full = full();
        Mailbox empty = new Mailbox(2);
        List<Body> waits =
                List.of(
                        () -> full.postInterruptibly(3),
                        () -> full.post(3, Long.MAX_VALUE),
                        empty::receiveInterruptibly,
                        () -> empty.receiveOr(NONE, Long.MAX_VALUE));
        for (Body wait : waits) {
            Waiting waiting = Waiting.begin(false, wait);
            waiting.thread.interrupt();
            waiting.thread.join();
            assertThat(waiting.thrown.get()).isInstanceOf(InterruptedException.class);
        }
        assertThat(full.receive()).isEqualTo(1);
        assertThat(full.receive()).isEqualTo(2);
        assertThat(full.size()).isZero();
        assertThat(empty.size()).isZero();
    }

    @Test
    @DisplayName(
            "R-04 an interrupted thread throws at once where it may, and keeps its status else")
    void interruptedThreadThrowsOrKeepsItsStatus() {
        Mailbox mailbox = new Mailbox(2);
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> mailbox.post(1, 1)).isInstanceOf(InterruptedException.class);
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> mailbox.receiveOr(NONE, 1))
                .isInstanceOf(InterruptedException.class);
        Thread.currentThread().interrupt();
        mailbox.post(1);
        assertThat(mailbox.receive()).isEqualTo(1);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    @DisplayName("R-04 an interrupt handler posts to who waits, and makes room for who waits")
    void handlerWakesWhoWaits() throws Throwable {
        Mailbox empty = new Mailbox(2);
        Waiting receiver = Waiting.begin(false, () -> assertThat(empty.receive()).isEqualTo(5));
        HandlerThread.interruptBy(() -> assertThat(empty.tryPost(5)).isTrue());
        receiver.end();

        Mailbox full = full();
        Waiting poster = Waiting.begin(false, () -> full.post(5));
        HandlerThread.interruptBy(() -> assertThat(full.tryReceiveOr(NONE)).isEqualTo(1));
        poster.end();
        HandlerThread.interruptBy(() -> assertThat(full.tryPost(6)).isFalse());
        assertThat(full.size()).isEqualTo(2);
    }

    @Test
    @DisplayName("R-04 an interrupt handler that would have to wait gets an error")
    void handlerMustNotWait() {
        Mailbox full = full();
        assertThatThrownBy(() -> HandlerThread.interruptBy(() -> full.post(3)))
                .isInstanceOfSatisfying(
                        LockUsageException.class,
                        e -> assertThat(e.fault()).isEqualTo(LockFault.BLOCKING_IN_INTERRUPT));
        Mailbox empty = new Mailbox(2);
        assertThatThrownBy(() -> HandlerThread.interruptBy(empty::receive))
                .isInstanceOf(LockUsageException.class);
        assertThat(full.size()).isEqualTo(2);
        assertThat(empty.size()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("R-04 many post and many receive: each value once, whoever waits for what")
    void eachValueIsReceivedOnce(boolean virtual) throws InterruptedException {
        Mailbox mailbox = new Mailbox(4);
        List<Thread> threads = new ArrayList<>();
        BitSet[] received = new BitSet[3];
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        for (int i = 0; i < 3; i++) {
            int first = i * VALUES;
            BitSet mine = new BitSet(3 * VALUES);
            received[i] = mine;
            threads.add(start(virtual, thrown, () -> postAll(mailbox, first)));
            threads.add(start(virtual, thrown, () -> receiveAll(mailbox, mine)));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(thrown.get()).isNull();
        BitSet all = new BitSet(3 * VALUES);
        for (BitSet mine : received) {
            assertThat(all.intersects(mine)).isFalse();
            all.or(mine);
        }
        assertThat(all.cardinality()).isEqualTo(3 * VALUES);
        assertThat(mailbox.size()).isZero();
    }

    private static Thread start(boolean virtual, AtomicReference<Throwable> thrown, Body body) {
        Runnable task =
                () -> {
                    try {
                        body.run();
                    } catch (Throwable e) {
                        thrown.set(e);
                    }
                };
        return virtual ? Thread.ofVirtual().start(task) : Thread.ofPlatform().start(task);
    }

    private static void postAll(Mailbox mailbox, int first) throws InterruptedException {
        for (int i = 0; i < VALUES; i++) {
            if ((i & 1) == 0) {
                mailbox.post(first + i);
            } else {
                while (!mailbox.post(first + i, SHORT_NANOS / 100)) {
                    Thread.onSpinWait();
                }
            }
        }
    }

    private static void receiveAll(Mailbox mailbox, BitSet mine) throws InterruptedException {
        for (int i = 0; i < VALUES; i++) {
            long value = (i & 1) == 0 ? mailbox.receive() : NONE;
            while (value == NONE) {
                value = mailbox.receiveOr(NONE, SHORT_NANOS / 100);
            }
            if (mine.get((int) value)) {
                throw new AssertionError("received twice: " + value);
            }
            mine.set((int) value);
        }
    }

    @Test
    @DisplayName("R-04 neither posting nor receiving allocates")
    void postingAndReceivingAllocateNothing() {
        Mailbox mailbox = new Mailbox(2);
        long before = 0;
        for (int i = 0; i < 20_000; i++) {
            if (i == 10_000) {
                before = allocated(); // the first time it allocates itself
                before = allocated();
            }
            mailbox.post(i);
            mailbox.tryPost(i);
            mailbox.tryReceiveOr(NONE);
            mailbox.receive();
        }
        assertThat(allocated() - before).isLessThan(10_000);
    }

    private static long allocated() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
                .getCurrentThreadAllocatedBytes();
    }
}
