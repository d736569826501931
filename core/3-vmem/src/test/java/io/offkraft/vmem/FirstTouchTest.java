// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.sync.InterruptState;
import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The moment in which a page gets its memory. */
class FirstTouchTest {
    private static final long PAGE = PageOrder.PAGE_BYTES;
    private static final int THREADS = 8;
    private static final int ROUNDS = 200;

    private static final VarHandle WORD = ValueLayout.JAVA_LONG.varHandle();

    @Test
    @DisplayName("V-03 threads that touch one page at once get one frame, and all see it")
    void onePageTouchedByAll() throws Exception {
        try (VirtualAddressSpace space = VirtualAddressSpace.reserve(ROUNDS * PAGE);
                ExecutorService pool = Executors.newFixedThreadPool(THREADS)) {
            final long page =
                    space.mapAnonymous(ROUNDS * PAGE, PAGE, Protection.READ_WRITE).start();
            final CyclicBarrier barrier = new CyclicBarrier(THREADS);
            final List<Future<?>> running = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                running.add(
                        pool.submit(() -> {
                            for (int round = 0; round < ROUNDS; round++) {
                                barrier.await();
                                RawMemory.getAndAddLongAcqRel(page + round * PAGE, 1);
                            }
                            return null;
                        }));
            }
            for (final Future<?> thread : running) {
                thread.get();
            }
            for (int round = 0; round < ROUNDS; round++) {
                assertThat(RawMemory.loadLongPlain(page + round * PAGE)).isEqualTo(THREADS);
            }
            assertThat(space.residentBytes(page, ROUNDS * PAGE)).isEqualTo(ROUNDS * PAGE);
        }
    }

    @Test
    @DisplayName("V-04 who reads while others discard sees the last contents or zero")
    void touchAgainstDiscard() throws Exception {
        try (VirtualAddressSpace space = VirtualAddressSpace.reserve(PAGE);
                ExecutorService pool = Executors.newSingleThreadExecutor()) {
            final AreaHandle handle = space.mapHeld(AreaRequest.anonymous(PAGE));
            final MemorySegment segment = handle.segment();
            final AtomicBoolean stop = new AtomicBoolean();
            final AtomicLong zeros = new AtomicLong();
            final AtomicLong written = new AtomicLong();
            final Future<?> reader =
                    pool.submit(() -> {
                        while (!stop.get()) {
                            // The word is written whole, so it is seen whole or not at all.
                            final long seen = (long) WORD.getAcquire(segment, 0L);
                            assertThat(seen == 0 || seen == handle.address()).isTrue();
                            (seen == 0 ? zeros : written).incrementAndGet();
                        }
                    });
            long rounds = 0;
            while (rounds < ROUNDS
                    || (!reader.isDone() && Math.min(zeros.get(), written.get()) == 0)) {
                WORD.setRelease(segment, 0L, handle.address()); // pairs with the getAcquire
                Thread.onSpinWait();
                if (rounds % 2 == 0) {
                    space.discard(handle.address(), PAGE);
                } else {
                    space.advise(handle.address(), PAGE, Advice.DONT_NEED);
                }
                rounds++;
            }
            stop.set(true);
            reader.get();
            assertThat(handle.isStale()).isFalse();
            assertThat(segment.get(ValueLayout.JAVA_LONG, 0)).isZero();
        }
    }

    /** A thread to which interrupts can be delivered. */
    private static final class InterruptibleThread extends Thread implements InterruptState.Owner {
        private final InterruptState state = new InterruptState(this);

        InterruptibleThread(Runnable task) {
            super(task);
        }

        @Override
        public InterruptState interruptState() {
            return state;
        }

        @Override
        public void interruptsEnabled() {
            // nothing was held back
        }
    }

    @Test
    @DisplayName("V-16 memory can be touched first, mapped and unmapped with interrupts masked")
    void firstTouchWithInterruptsMasked() throws InterruptedException {
        final AtomicLong seen = new AtomicLong();
        final Thread thread = new InterruptibleThread(() -> seen.set(touchMasked()));
        thread.start();
        thread.join();
        assertThat(seen).hasValue(42);
    }

    private static long touchMasked() {
        try (VirtualAddressSpace space = VirtualAddressSpace.reserve(4 * PAGE)) {
            final InterruptState.Token token = InterruptState.save();
            try {
                assertThat(InterruptState.interruptsEnabled()).isFalse();
                final Area area = space.map(AreaRequest.anonymous(2 * PAGE));
                RawMemory.storeLongPlain(area.start() + PAGE, 42);
                final long seen = RawMemory.loadLongPlain(area.start() + PAGE);
                space.unmap(area.start(), PAGE);
                return seen;
            } finally {
                InterruptState.restore(token);
            }
        }
    }
}
