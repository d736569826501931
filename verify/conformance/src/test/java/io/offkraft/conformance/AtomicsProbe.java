// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import io.offkraft.heap.Heap;
import io.offkraft.word.SharedAtomics;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CyclicBarrier;

/**
 * Threads at work in one heap, of which the atomic operations on shared words are counted: how many
 * there are for each block that is allocated and freed. Arguments: which work, how many threads,
 * how many blocks in all. Prints the ratio, and then where the operations were.
 */
final class AtomicsProbe {
    /** So many that each thread has met each size class some times. */
    private static final int WARM = 20_000;

    private static final int BATCH = 64;

    /** No time passes: on a machine that is busy with other things, more of it would be counted. */
    private final Heap heap =
            Heap.builder().capacityBytes(2L << 30).decay(Duration.ofHours(1)).build();

    private AtomicsProbe() {}

    /** What one thread does, some number of blocks; it is at rest before and after. */
    @FunctionalInterface
    private interface Work {
        void run(int blocks) throws InterruptedException;
    }

    /** Runs the work that the arguments name. */
    public static void main(String... arguments) throws InterruptedException {
        int threads = Integer.parseInt(arguments[1]);
        AtomicsProbe probe = new AtomicsProbe();
        Map<Integer, BlockingQueue<long[]>> passed = new TreeMap<>();
        for (int pair = 0; pair < threads / 2; pair++) {
            passed.put(pair, new ArrayBlockingQueue<>(4));
        }
        Work[] works = new Work[threads];
        for (int index = 0; index < threads; index++) {
            int number = index;
            Random random = new Random(number);
            works[number] =
                    switch (arguments[0]) {
                        case "pairs" -> blocks -> probe.pairs(random, blocks);
                        case "slots" -> probe.new Slots(random)::replace;
                        case "handover" ->
                                number % 2 == 0
                                        ? blocks ->
                                                probe.produce(
                                                        random, blocks, passed.get(number / 2))
                                        : blocks -> probe.consume(blocks, passed.get(number / 2));
                        default -> throw new IllegalArgumentException(arguments[0]);
                    };
        }
        int blocks = Integer.parseInt(arguments[2]) / threads;
        probe.measure(works, blocks, arguments[0].equals("handover") ? 2 : 1);
    }

    private void measure(Work[] works, int blocks, int threadsOfABlock)
            throws InterruptedException {
        Map<String, Long> before = new TreeMap<>();
        Map<String, Long> after = new TreeMap<>();
        CyclicBarrier warm =
                new CyclicBarrier(works.length, () -> before.putAll(SharedAtomics.byPlace()));
        CyclicBarrier done =
                new CyclicBarrier(works.length, () -> after.putAll(SharedAtomics.byPlace()));
        Team.run(
                works.length,
                number -> {
                    works[number].run(WARM);
                    warm.await();
                    works[number].run(blocks);
                    done.await();
                });
        double all = (double) blocks * works.length / threadsOfABlock;
        after.replaceAll((place, count) -> count - before.getOrDefault(place, 0L));
        long sum = after.values().stream().mapToLong(Long::longValue).sum();
        System.out.printf("%.4f%n", sum / all);
        after.forEach((place, count) -> System.out.printf("%.4f %s%n", count / all, place));
    }

    private static long size(Random random) {
        return random.nextLong(16L << random.nextInt(12));
    }

    private void pairs(Random random, int blocks) {
        for (int n = 0; n < blocks; n++) {
            heap.free(heap.malloc(size(random)));
        }
    }

    /** Live blocks, of which a random one is replaced at a time. */
    private final class Slots {
        private final Random random;
        private final long[] slots = new long[256];

        Slots(Random random) {
            this.random = random;
        }

        void replace(int blocks) {
            for (int n = 0; n < blocks; n++) {
                int slot = random.nextInt(slots.length);
                heap.free(slots[slot]);
                slots[slot] = heap.malloc(size(random));
            }
        }
    }

    private void produce(Random random, int blocks, BlockingQueue<long[]> to)
            throws InterruptedException {
        for (int n = 0; n < blocks; n += BATCH) {
            long[] batch = new long[Math.min(BATCH, blocks - n)];
            for (int i = 0; i < batch.length; i++) {
                batch[i] = heap.malloc(size(random));
            }
            to.put(batch);
        }
    }

    private void consume(int blocks, BlockingQueue<long[]> from) throws InterruptedException {
        for (int n = 0; n < blocks; ) {
            for (long block : from.take()) {
                heap.free(block);
                n++;
            }
        }
    }
}
