// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

import io.offkraft.lockfree.MpmcLongRing;

/**
 * Blocks of mixed sizes, the smaller the more; when there are many, most are freed at once: in the
 * order they came, in the reverse, or every other first; a few stay longer.
 *
 * <p>In the manner of MicroQuill's SmartHeap benchmarks (1990s), whose sources are not at hand
 * freely: <i>sh6</i> keeps to each thread; in <i>sh8</i> those that stay longer are freed by the
 * next thread.
 */
final class ShBench extends Program {
    private static final int BLOCKS = 2_048;
    private static final int STAYING = 256;
    private static final int BATCHES = 4;
    private static final int LARGEST_BYTES = 1_000;

    private final boolean handsOver;
    private final MpmcLongRing[] inboxes;
    private final MpmcLongRing[] empty;

    ShBench(int threads, boolean handsOver) {
        super(threads, BLOCKS + BATCHES * STAYING);
        this.handsOver = handsOver;
        inboxes = new MpmcLongRing[threads];
        empty = new MpmcLongRing[threads];
        for (int thread = 0; thread < threads; thread++) {
            inboxes[thread] = new MpmcLongRing(BATCHES);
            empty[thread] = new MpmcLongRing(BATCHES);
            for (int batch = 0; batch < BATCHES; batch++) {
                offer(empty[thread], thread * BATCHES + batch);
            }
        }
    }

    @Override
    void round(Stage stage, int operationsEach) {
        stage.run(member -> work(member, operationsEach));
        stage.runAlone(main -> {
            for (MpmcLongRing inbox : inboxes) {
                receive(main, inbox);
            }
        });
    }

    private void work(Member member, int operations) {
        int next = handsOver ? (member.index() + 1) % threads() : member.index();
        long enough = member.operations() + operations;
        int filled = 0;
        for (int turn = 0; member.operations() < enough; turn++) {
            filled = fill(member, filled);
            if (filled == BLOCKS) {
                drain(member, turn);
                filled = 0;
                receive(member, inboxes[member.index()]);
                stay(member, next);
            }
        }
        member.freeAll(member.first(), BLOCKS);
        if (!handsOver) {
            receive(member, inboxes[member.index()]);
        }
    }

    /** Fills places from {@code filled} on; returns up to where. */
    private static int fill(Member member, int filled) {
        int place = filled;
        for (int base = SMALLEST_BYTES; base < LARGEST_BYTES; base += base / 2 + 1) {
            for (int size = base; size >= SMALLEST_BYTES; size /= 2) {
                for (int times = size < 100 ? 4 : 1; times > 0; times--) {
                    if (place == BLOCKS) {
                        return place;
                    }
                    member.allocate(member.first() + place++, size);
                }
            }
        }
        return place;
    }

    private static void drain(Member member, int turn) {
        int first = member.first();
        switch (turn % 3) {
            case 0 -> member.freeAll(first, BLOCKS);
            case 1 -> {
                for (int place = BLOCKS - 1; place >= 0; place--) {
                    member.free(first + place);
                }
            }
            default -> {
                for (int place = 0; place < BLOCKS; place += 2) {
                    member.free(first + place);
                }
                for (int place = 1; place < BLOCKS; place += 2) {
                    member.free(first + place);
                }
            }
        }
    }

    /** Allocates some that stay until the next thread, or this one, finds them in its inbox. */
    private void stay(Member member, int next) {
        long batch = empty[member.index()].pollOr(-1);
        if (batch < 0) {
            return; // the next thread is behind
        }
        for (int block = 0; block < STAYING; block++) {
            member.allocate(firstOf(batch) + block, member.between(SMALLEST_BYTES, LARGEST_BYTES));
        }
        offer(inboxes[next], batch);
    }

    private void receive(Member member, MpmcLongRing inbox) {
        for (long batch = inbox.pollOr(-1); batch >= 0; batch = inbox.pollOr(-1)) {
            member.freeAll(firstOf(batch), STAYING);
            offer(empty[(int) batch / BATCHES], batch);
        }
    }

    private int firstOf(long batch) {
        int thread = (int) batch / BATCHES;
        return thread * slotsEach() + BLOCKS + (int) batch % BATCHES * STAYING;
    }

    private static void offer(MpmcLongRing ring, long batch) {
        if (!ring.offer(batch)) {
            throw new IllegalStateException("there is room for all batches");
        }
    }
}
