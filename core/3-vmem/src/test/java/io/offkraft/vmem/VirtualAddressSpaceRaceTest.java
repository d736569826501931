// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.sync.Synchronization;
import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many threads in one space, each in areas of its own. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class VirtualAddressSpaceRaceTest {
    private static final long PAGE = PageOrder.PAGE_BYTES;
    private static final boolean SMP = Synchronization.defaultChoice() != Synchronization.NONE;

    /** With SMP off locks do nothing and one thread at a time is all that is allowed (L-14). */
    private static final int THREADS = SMP ? 8 : 1;

    private static final int ROUNDS = Boolean.getBoolean("stress") ? 100_000 : 1_000;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final VirtualAddressSpace space =
            VirtualAddressSpace.builder().bytes(4096 * PAGE).build();

    @Test
    @DisplayName("V-06 V-07 areas of concurrent threads never overlap and stay disjoint and merged")
    void concurrentUseOfDisjointAreas() throws InterruptedException, ExecutionException {
        final List<Future<?>> running = new ArrayList<>();
        try (space;
                ExecutorService threads = Executors.newThreadPerTaskExecutor(kinds())) {
            for (int owner = 1; owner <= THREADS; owner++) {
                final long self = owner;
                running.add(threads.submit(() -> use(self, new SplittableRandom(seed + self))));
            }
            for (final Future<?> thread : running) {
                while (SMP && !thread.isDone()) {
                    space.validate();
                    Thread.onSpinWait();
                }
                thread.get();
            }
            assertThat(space.areas()).isEmpty();
            assertThat(space.committedBytes()).isZero();
            assertThat(KernelMappings.permissions(space)).containsOnly("---p");
        }
    }

    private static ThreadFactory kinds() {
        final AtomicInteger next = new AtomicInteger();
        return task ->
                next.getAndIncrement() % 2 == 0
                        ? Thread.ofPlatform().unstarted(task)
                        : Thread.ofVirtual().unstarted(task);
    }

    private void use(long self, SplittableRandom random) {
        for (int round = 0; round < ROUNDS; round++) {
            final int pages = 1 + random.nextInt(16);
            final long bytes = pages * PAGE;
            final Area area = space.reserveArea(bytes, PAGE << random.nextInt(3));
            final long start = area.start();
            space.commit(start, bytes);
            stamp(start, pages, self);
            final int middle = random.nextInt(pages);
            space.decommit(start + middle * PAGE, PAGE);
            space.commit(start + middle * PAGE, PAGE);
            space.protect(start, bytes, Protection.READ);
            for (int page = 0; page < pages; page++) {
                assertThat(RawMemory.loadLongPlain(start + page * PAGE))
                        .as("page %d of %s, seed %d", page, area, seed)
                        .isEqualTo(page == middle ? 0 : self);
            }
            assertThat(space.find(start)).isPresent();
            space.unmap(start, bytes);
        }
    }

    /** Another's stamp in fresh memory would be an overlap. */
    private void stamp(long start, int pages, long self) {
        for (int page = 0; page < pages; page++) {
            assertThat(RawMemory.loadLongPlain(start + page * PAGE)).as("seed %d", seed).isZero();
            RawMemory.storeLongPlain(start + page * PAGE, self);
        }
    }
}
