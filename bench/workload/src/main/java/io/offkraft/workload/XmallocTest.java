// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

import io.offkraft.lockfree.MpmcLongRing;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Half of the threads allocate batches of blocks, the other half free them, whoever comes first.
 *
 * <p>After C. Lever and D. Boreham, "malloc() performance in a multithreaded Linux environment",
 * USENIX 2000, and its later form by C. Eder. A batch has 256 blocks of one size each out of a list
 * from 8 to 2,048 bytes, in steps of a half and a third.
 */
final class XmallocTest extends Program {
    private static final int BATCH = 256;
    private static final int BATCHES_EACH = 16;
    private static final int[] SIZES = {
        8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048
    };

    private final MpmcLongRing empty;
    private final MpmcLongRing full;

    XmallocTest(int threads) {
        super(Math.max(2, threads & -2), BATCH * BATCHES_EACH);
        int capacity = Integer.highestOneBit(threads() * BATCHES_EACH) * 2;
        empty = new MpmcLongRing(capacity);
        full = new MpmcLongRing(capacity);
        for (int batch = 0; batch < threads() * BATCHES_EACH; batch++) {
            offer(empty, batch);
        }
    }

    @Override
    void round(Stage stage, int operationsEach) {
        int batchesEach = Math.max(1, operationsEach / BATCH);
        AtomicInteger left = new AtomicInteger(batchesEach * (threads() / 2));
        stage.run(member -> {
            if (member.index() % 2 == 0) {
                for (int batch = 0; batch < batchesEach; batch++) {
                    allocateOne(member);
                }
            } else {
                freeWhile(member, left);
            }
        });
    }

    private void allocateOne(Member member) {
        long batch = -1;
        for (int spins = 0; (batch = empty.pollOr(-1)) < 0; spins++) {
            member.pause(spins);
        }
        int first = (int) batch * BATCH;
        for (int block = 0; block < BATCH; block++) {
            member.allocate(first + block, SIZES[member.below(SIZES.length)]);
        }
        offer(full, batch);
    }

    private void freeWhile(Member member, AtomicInteger left) {
        for (int spins = 0; left.get() > 0; ) {
            long batch = full.pollOr(-1);
            if (batch < 0) {
                member.pause(spins++);
                continue;
            }
            spins = 0;
            for (int block = 0; block < BATCH; block++) {
                member.free((int) batch * BATCH + block);
            }
            offer(empty, batch);
            left.decrementAndGet();
        }
    }

    private static void offer(MpmcLongRing ring, long batch) {
        if (!ring.offer(batch)) {
            throw new IllegalStateException("there is room for all batches");
        }
    }
}
