// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

import io.offkraft.word.PageOrder;

/**
 * Allocate blocks of pages and free them, in a region of which a random half is taken: one at a
 * time, or some, and then all of them in another order.
 */
final class PagePairs extends Program {
    private static final int MANY = 64;

    /** Prime to the count, so every block comes once and neighbours come apart. */
    private static final int FREE_STEP = 37;

    private final int bytes;
    private final int atOnce;

    private PagePairs(int threads, int order, int atOnce) {
        super(threads, atOnce);
        this.bytes = Math.toIntExact(PageOrder.pages(order) * PageOrder.PAGE_BYTES);
        this.atOnce = atOnce;
    }

    static PagePairs oneByOne(int threads, int order) {
        return new PagePairs(threads, order, 1);
    }

    static PagePairs many(int threads, int order) {
        return new PagePairs(threads, order, MANY);
    }

    @Override
    long takenBlockBytes() {
        return bytes;
    }

    @Override
    void round(Stage stage, int operationsEach) {
        stage.run(member -> {
            int first = member.first();
            for (int done = 0; done < operationsEach; done += atOnce) {
                for (int block = 0; block < atOnce; block++) {
                    member.allocate(first + block, bytes);
                }
                for (int turn = 0; turn < atOnce; turn++) {
                    member.free(first + turn * FREE_STEP % atOnce);
                }
            }
        });
    }
}
