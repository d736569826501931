// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Threads that start together and whose first failure is the test's: it interrupts the others, so
 * that none waits for ever for one that is no more.
 */
final class Team {
    /** What a member does. */
    @FunctionalInterface
    interface Work {
        /** Runs as member {@code number}, from 0. */
        void run(int number) throws Exception;
    }

    private Team() {}

    /** Runs {@code work} on as many platform threads; every other one virtual if {@code mixed}. */
    static void run(int threads, boolean mixed, Work work) throws InterruptedException {
        CyclicBarrier start = new CyclicBarrier(threads);
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        List<Thread> members = new ArrayList<>();
        for (int number = 0; number < threads; number++) {
            int member = number;
            Runnable body =
                    () -> {
                        try {
                            start.await();
                            work.run(member);
                        } catch (Throwable thrown) {
                            if (failure.compareAndSet(null, thrown)) {
                                members.forEach(Thread::interrupt);
                            }
                        }
                    };
            Thread.Builder builder =
                    mixed && member % 2 == 1 ? Thread.ofVirtual() : Thread.ofPlatform();
            members.add(builder.unstarted(body));
        }
        members.forEach(Thread::start); // publishes the list, which does not change any more
        try {
            for (Thread member : members) {
                member.join();
            }
        } catch (InterruptedException stopped) { // the test has lasted too long
            members.forEach(Thread::interrupt);
            throw stopped;
        }
        Throwable first = failure.get();
        if (first != null) {
            throw new AssertionError("a thread failed: " + first, first);
        }
    }

    static void run(int threads, Work work) throws InterruptedException {
        run(threads, false, work);
    }
}
