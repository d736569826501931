// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import io.offkraft.heap.Heap;
import io.offkraft.sync.LockValidator;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** The main class of a child process: uses a heap in all ways and says which orders were seen. */
final class LockOrderProbe {
    private static final int CALLS = 20_000;

    private LockOrderProbe() {}

    public static void main(String[] args) throws InterruptedException {
        try (Heap heap = Heap.builder().limitBytes(16 << 20).build()) {
            List<Thread> threads = new ArrayList<>();
            for (int seed = 0; seed < 3; seed++) {
                Random random = new Random(seed);
                threads.add(new Thread(() -> use(heap, random)));
            }
            threads.forEach(Thread::start);
            for (Thread thread : threads) {
                thread.join();
            }
            useChildren(heap);
            heap.trim();
            heap.statistics();
        }
        LockValidator.checkNow();
        LockValidator.ordersSeen().forEach(System.out::println);
    }

    private static void useChildren(Heap heap) {
        for (int round = 0; round < 100; round++) {
            try (Heap session = heap.child().reservationBytes(1 << 20).build();
                    Heap query = session.child().build()) {
                use(query, new Random(round), CALLS / 100);
                heap.free(query.transferTo(query.malloc(100_000), heap));
                heap.free(query.transferTo(query.malloc(100), heap));
                query.malloc(100);
                query.budget();
            }
        }
    }

    private static void use(Heap heap, Random random) {
        use(heap, random, CALLS);
    }

    private static void use(Heap heap, Random random, int calls) {
        long[] blocks = new long[500];
        for (int call = 0; call < calls; call++) {
            int slot = random.nextInt(blocks.length);
            long bytes = 1L << random.nextInt(18);
            if (blocks[slot] == 0) {
                blocks[slot] = heap.malloc(bytes);
            } else if (random.nextInt(4) == 0) {
                long moved = heap.realloc(blocks[slot], bytes);
                blocks[slot] = moved == 0 ? blocks[slot] : moved;
            } else {
                heap.free(blocks[slot]);
                blocks[slot] = 0;
            }
        }
        for (long block : blocks) {
            if (block != 0) {
                heap.free(block);
            }
        }
    }
}
