// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

import io.offkraft.lockfree.MpmcLongRing;

/**
 * Each thread frees some of its blocks, scattered, and allocates others; every second time it also
 * allocates a few for its neighbour, who frees them.
 *
 * <p>After M. Jansson's rpmalloc-benchmark, as it is run in mimalloc-bench: 1,000 blocks a thread,
 * some 100 calls a turn, sizes from 16 bytes to 16,000 that are the rarer the larger they are.
 */
final class RpTest extends Program {
    private static final int BLOCKS = 1_000;
    private static final int CALLS = 100;
    private static final int CROSS_RATE = 2;
    private static final int BATCH = 25;
    private static final int BATCHES = 16;
    private static final int SMALLEST = 16;
    private static final int LARGEST = 16_000;

    /** Without a common divisor with the number of blocks. */
    private static final int ALLOCATION_STEP = 3;

    private static final int FREE_STEP = 7;

    private final MpmcLongRing[] inboxes;
    private final MpmcLongRing[] empty;

    RpTest(int threads) {
        super(threads, BLOCKS + BATCHES * BATCH);
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
        long enough = member.operations() + operations;
        int allocateAt = 0;
        int freeAt = 0;
        for (int turn = 0; member.operations() < enough; turn++) {
            for (int call = member.between(CALLS / 4, CALLS * 8 / 10); call > 0; call--) {
                freeAt = (freeAt + FREE_STEP) % BLOCKS;
                if (member.isLive(member.first() + freeAt)) {
                    member.free(member.first() + freeAt);
                }
            }
            for (int call = member.between(CALLS / 3, CALLS); call > 0; call--) {
                allocateAt = (allocateAt + ALLOCATION_STEP) % BLOCKS;
                if (!member.isLive(member.first() + allocateAt)) {
                    member.allocate(member.first() + allocateAt, size(member));
                }
            }
            receive(member, inboxes[member.index()]);
            if (threads() > 1 && turn % CROSS_RATE == 0) {
                send(member);
            }
        }
        member.freeAll(member.first(), BLOCKS);
    }

    private void send(Member member) {
        int neighbour = (member.index() + 1) % threads();
        long batch = empty[member.index()].pollOr(-1);
        if (batch < 0) {
            return; // the neighbour is behind
        }
        int first = firstOf(batch);
        for (int block = 0; block < BATCH; block++) {
            member.allocate(first + block, size(member));
        }
        offer(inboxes[neighbour], batch);
    }

    private void receive(Member member, MpmcLongRing inbox) {
        for (long batch = inbox.pollOr(-1); batch >= 0; batch = inbox.pollOr(-1)) {
            member.freeAll(firstOf(batch), BATCH);
            offer(empty[(int) batch / BATCHES], batch);
        }
    }

    private int firstOf(long batch) {
        int thread = (int) batch / BATCHES;
        return thread * slotsEach() + BLOCKS + (int) batch % BATCHES * BATCH;
    }

    /** The product of an even number and the distance of two others from their middle. */
    private static int size(Member member) {
        double drop = Math.abs(member.fraction() + member.fraction() - 1);
        return SMALLEST + (int) (member.fraction() * drop * (LARGEST - SMALLEST));
    }

    private static void offer(MpmcLongRing ring, long batch) {
        if (!ring.offer(batch)) {
            throw new IllegalStateException("there is room for all batches");
        }
    }
}
