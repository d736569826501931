// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload.allocator;

import io.netty.channel.DefaultEventLoop;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.stream.Stream;

/**
 * Threads of the kind that suits an allocator best, each taking tasks of its own.
 *
 * <p><b>Thread safety:</b> one thread gives out tasks and closes.
 */
public final class Crew implements AutoCloseable {
    private static final ThreadFactory THREADS =
            Thread.ofPlatform().daemon().name("replay-", 0).factory();

    private final List<ExecutorService> members;

    private Crew(Stream<? extends ExecutorService> members) {
        this.members = members.<ExecutorService>map(member -> member).toList();
    }

    /** Returns {@code threads} plain platform threads. */
    static Crew ofPlatformThreads(int threads) {
        return of(threads, THREADS);
    }

    /** Returns {@code threads} platform threads that keep a heap at hand. */
    static Crew ofKeepers(int threads) {
        return of(threads, Keeper::new);
    }

    private static Crew of(int threads, ThreadFactory factory) {
        return new Crew(
                Stream.generate(() -> Executors.newSingleThreadExecutor(factory)).limit(threads));
    }

    /**
     * Returns {@code threads} event loops of Netty, on which alone its allocators use their caches.
     */
    static Crew ofEventLoops(int threads) {
        return new Crew(Stream.generate(() -> new DefaultEventLoop(THREADS)).limit(threads));
    }

    /** Returns the number of threads. */
    public int threads() {
        return members.size();
    }

    /**
     * Has thread {@code member}, in [0, {@link #threads()}), run {@code task} after what it was
     * given before.
     */
    public void execute(int member, Runnable task) {
        members.get(member).execute(task);
    }

    /** Ends the threads and waits until they have ended, so that what they cached is given back. */
    @Override
    public void close() {
        members.forEach(ExecutorService::shutdown);
        members.forEach(ExecutorService::close);
    }
}
