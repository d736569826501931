// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

import com.sun.management.ThreadMXBean;
import io.offkraft.workload.allocator.Blocks;
import io.offkraft.workload.allocator.Crew;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The threads of a workload, and the clock that runs while they do.
 *
 * <p>Some phases run on threads that stay, others on new ones, as the workload's programs do;
 * making and ending threads is not timed.
 *
 * <p><b>Thread safety:</b> one thread.
 */
final class Stage implements AutoCloseable {
    /** What a member does in a phase. */
    interface Part {
        void run(Member member);
    }

    /** Ends the part of a member because another has failed. */
    static final class Stopped extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Stopped() {
            super("another thread has failed", null, false, false);
        }
    }

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final IntFunction<Crew> crews;
    private final Crew kept;
    private final Owners owners;
    private final Member[] members;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final LongAdder javaHeapBytes = new LongAdder();
    private long nanos;

    /** Has {@code threads} members; {@code crews} makes their threads. */
    Stage(Blocks blocks, IntFunction<Crew> crews, int threads, int slotsEach, long seed) {
        this.crews = crews;
        this.owners = new Owners(blocks, Math.multiplyExact(threads, slotsEach));
        this.members = new Member[threads];
        for (int index = 0; index < threads; index++) {
            members[index] = new Member(this, owners, index, index * slotsEach, seed);
        }
        this.kept = crews.apply(threads);
    }

    int threads() {
        return members.length;
    }

    int slots() {
        return owners.slots();
    }

    /** Allocates and frees a block in the calling thread, which is no member's. */
    void pairOf(int slot, int sizeBytes) {
        owners.allocate(slot, sizeBytes, -1L - slot);
        owners.free(slot);
    }

    /** Has every member do its part at once, and waits for all. */
    void run(Part part) {
        run(kept, members.length, part);
    }

    /** Has the first member do something alone. */
    void runAlone(Part part) {
        run(kept, 1, part);
    }

    /** Has every member do its part, on threads that are new and then end. */
    void runOnNewThreads(Part part) {
        try (Crew crew = crews.apply(members.length)) {
            run(crew, members.length, part);
        }
    }

    /** Returns the time of all phases since it was asked last. */
    long takeNanos() {
        long taken = nanos;
        nanos = 0;
        return taken;
    }

    /** Returns what the members' threads allocated on the Java heap since it was asked last. */
    long takeJavaHeapBytes() {
        return javaHeapBytes.sumThenReset();
    }

    /** Returns what all members did so far. */
    long operations() {
        return Arrays.stream(members).mapToLong(Member::operations).sum();
    }

    void checkRunning() {
        if (failure.get() != null) {
            throw new Stopped();
        }
    }

    /** Ends the threads. */
    @Override
    public void close() {
        kept.close();
    }

    private void run(Crew crew, int count, Part part) {
        Gate gate = new Gate();
        long[] ends = new long[count];
        CountDownLatch running = new CountDownLatch(count);
        for (int index = 0; index < count; index++) {
            int member = index;
            crew.execute(
                    member,
                    () -> {
                        long before = THREADS.getCurrentThreadAllocatedBytes();
                        gate.arriveAndAwait();
                        try {
                            part.run(members[member]);
                        } catch (Stopped _) {
                            // who failed first has said why
                        } catch (RuntimeException | Error e) {
                            failure.compareAndSet(null, e);
                        } finally {
                            ends[member] = System.nanoTime();
                            javaHeapBytes.add(THREADS.getCurrentThreadAllocatedBytes() - before);
                            running.countDown(); // release: publishes what the member did
                        }
                    });
        }
        gate.awaitArrivals(count);
        long start = System.nanoTime();
        gate.open();
        await(running);
        nanos += Arrays.stream(ends).max().orElseThrow() - start;
        switch (failure.get()) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new AssertionError(e);
        }
    }

    private void await(CountDownLatch running) {
        boolean interrupted = false;
        while (true) {
            try {
                running.await();
                break;
            } catch (InterruptedException _) {
                interrupted = true; // the threads use memory that must outlive them
                failure.compareAndSet(null, new Stopped());
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
