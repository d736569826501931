// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

/** Allocate a block and free it, again and again; threads share nothing but the allocator. */
final class Pairs extends Program {
    private final Sizes sizes;

    Pairs(int threads, Sizes sizes) {
        super(threads, 1);
        this.sizes = sizes;
    }

    @Override
    void round(Stage stage, int operationsEach) {
        stage.run(member -> {
            int slot = member.first();
            for (int operation = 0; operation < operationsEach; operation++) {
                member.allocate(slot, sizes.at(operation));
                member.free(slot);
            }
        });
    }
}
