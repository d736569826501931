// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.replay;

import io.offkraft.cli.trace.TraceWriter;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.SplittableRandom;

/** Programs made up by a seed: valid, with all operations, threads and odd sizes. */
public final class RandomTrace {
    private RandomTrace() {}

    /** Returns a trace of {@code records} calls by {@code threads} threads. */
    public static TraceWriter of(long seed, int records, int threads) {
        SplittableRandom random = new SplittableRandom(seed);
        TraceWriter writer = new TraceWriter();
        Queue<Integer> live = new ArrayDeque<>();
        int objects = 0;
        for (int record = 0; record < records; record++) {
            writer.thread(random.nextInt(threads));
            int choice = live.isEmpty() ? 0 : random.nextInt(10);
            switch (choice) {
                case 0, 1, 2 -> writer.malloc(size(random));
                case 3 -> writer.calloc(size(random));
                case 4 -> writer.memalign(random.nextInt(14), size(random));
                case 5 -> writer.realloc(live.element(), size(random));
                default -> writer.free(live.remove());
            }
            if (!live.isEmpty() && random.nextBoolean()) {
                live.add(live.remove()); // another one is next
            }
            if (choice <= 4) {
                live.add(objects++);
            }
        }
        return writer;
    }

    private static long size(SplittableRandom random) {
        return switch (random.nextInt(20)) {
            case 0 -> 0;
            case 1 -> random.nextInt(200_000);
            case 2, 3 -> random.nextInt(10_000);
            default -> random.nextInt(300);
        };
    }
}
