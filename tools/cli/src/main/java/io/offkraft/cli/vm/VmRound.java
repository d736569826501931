// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Replays a plan on threads.
 *
 * <p>Each thread makes its calls in the order of the log. A call waits for those before it, of
 * other threads, that are about a part of its ranges; calls on disjoint ranges are not ordered.
 * Those commute, so the layout at the end is the same as in the order of the log, on however many
 * threads; and they overlap in time as they do in a program.
 *
 * <p><b>Thread safety:</b> one thread.
 */
final class VmRound {
    /** So many calls in a row are one thread's when calls are dealt. */
    private static final int RUN = 4;

    private static final int SPINS = 256;
    private static final int YIELDS = 64;
    private static final long PARK_NANOS = 20_000;

    private final VmPlan plan;
    private final List<List<Integer>> threads;
    private final int[][] awaited;
    private final Map<String, Integer> kinds = new LinkedHashMap<>();
    private final int[] kindOf;

    /** Deals the calls to {@code threadCount} threads; null: to as many as were recorded. */
    VmRound(VmPlan plan, @Nullable Integer threadCount) {
        this.plan = plan;
        int steps = plan.steps().size();
        int[] threadOf = new int[steps];
        Map<Integer, Integer> numbers = new HashMap<>();
        kindOf = new int[steps];
        for (int step = 0; step < steps; step++) {
            int recorded = plan.steps().get(step).thread();
            threadOf[step] =
                    threadCount == null
                            ? numbers.computeIfAbsent(recorded, _ -> numbers.size())
                            : step / RUN % threadCount;
            kindOf[step] = kinds.computeIfAbsent(plan.steps().get(step).call(), _ -> kinds.size());
        }
        threads = new ArrayList<>();
        for (int step = 0; step < steps; step++) {
            while (threads.size() <= threadOf[step]) {
                threads.add(new ArrayList<>());
            }
            threads.get(threadOf[step]).add(step);
        }
        awaited = awaited(plan.steps(), threadOf);
    }

    int threads() {
        return threads.size();
    }

    /** Returns the names of the calls, in the order of the times that {@link #run} returns. */
    List<String> kinds() {
        return List.copyOf(kinds.keySet());
    }

    /** Returns how many calls of each kind there are. */
    int[] counts() {
        int[] counts = new int[kinds.size()];
        for (int kind : kindOf) {
            counts[kind]++;
        }
        return counts;
    }

    /** Finds for each step those of other threads that it must wait for. */
    private static int[][] awaited(List<VmStep> steps, int[] threadOf) {
        NavigableMap<Long, long[]> last = new TreeMap<>(); // start: end, step; disjoint
        int[][] awaited = new int[steps.size()][];
        for (int step = 0; step < steps.size(); step++) {
            Set<Integer> before = new TreeSet<>();
            for (long[] range : AddressMap.ranges(steps.get(step).operation())) {
                take(last, range[0], range[1], step, before);
            }
            final int thread = threadOf[step];
            awaited[step] =
                    before.stream()
                            .mapToInt(Integer::intValue)
                            .filter(other -> threadOf[other] != thread)
                            .toArray();
        }
        return awaited;
    }

    /** Makes {@code step} the last one about a range, and adds to {@code before} who was. */
    private static void take(
            NavigableMap<Long, long[]> last, long start, long end, int step, Set<Integer> before) {
        Map.Entry<Long, long[]> left = last.lowerEntry(start);
        if (left != null && left.getValue()[0] > start) {
            long[] cut = left.getValue();
            last.put(start, cut);
            last.put(left.getKey(), new long[] {start, cut[1]});
        }
        Map.Entry<Long, long[]> right = last.lowerEntry(end);
        if (right != null && right.getValue()[0] > end) {
            last.put(end, right.getValue());
            last.put(right.getKey(), new long[] {end, right.getValue()[1]});
        }
        Map<Long, long[]> covered = last.subMap(start, end);
        covered.values().forEach(was -> before.add((int) was[1]));
        before.remove(step);
        covered.clear();
        last.put(start, new long[] {end, step});
    }

    /** Makes all calls on {@code target}; returns the nanoseconds that each kind took in all. */
    long[] run(VmTarget target) {
        AtomicIntegerArray done = new AtomicIntegerArray(plan.steps().size());
        AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
        long[][] nanos = new long[threads.size()][kinds.size()];
        List<Thread> started = new ArrayList<>();
        for (int thread = 1; thread < threads.size(); thread++) {
            int number = thread;
            started.add(
                    Thread.ofPlatform()
                            .daemon()
                            .start(() -> runThread(number, target, done, failure, nanos[number])));
        }
        runThread(0, target, done, failure, nanos[0]);
        started.forEach(VmRound::join);
        RuntimeException failed = failure.get();
        if (failed != null) {
            throw failed;
        }
        long[] sum = new long[kinds.size()];
        for (long[] ofThread : nanos) {
            for (int kind = 0; kind < sum.length; kind++) {
                sum[kind] += ofThread[kind];
            }
        }
        return sum;
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException _) {
                interrupted = true; // the others use the space until they end
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void runThread(
            int thread,
            VmTarget target,
            AtomicIntegerArray done,
            AtomicReference<@Nullable RuntimeException> failure,
            long[] nanos) {
        for (int index : threads.get(thread)) {
            VmStep step = plan.steps().get(index);
            for (int other : awaited[index]) {
                if (!await(done, other, failure)) {
                    return;
                }
            }
            try {
                long begin = System.nanoTime();
                target.make(step);
                nanos[kindOf[index]] += System.nanoTime() - begin;
            } catch (RuntimeException refused) {
                failure.compareAndSet(
                        null, new VmReplayException(plan.log().file().toString(), step, refused));
                return;
            }
            done.setRelease(index, 1); // release: pairs with the acquire in await
        }
    }

    @SuppressWarnings("ThreadPriorityCheck") // only speed depends on it
    private static boolean await(
            AtomicIntegerArray done,
            int step,
            AtomicReference<@Nullable RuntimeException> failure) {
        // acquire: pairs with the release in runThread; what that call did is done
        for (int tries = 0; done.getAcquire(step) == 0; tries++) {
            if (failure.get() != null) {
                return false;
            }
            if (tries < SPINS) {
                Thread.onSpinWait();
            } else if (tries < SPINS + YIELDS) {
                Thread.yield();
            } else {
                LockSupport.parkNanos(PARK_NANOS);
            }
        }
        return true;
    }
}
