// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

/** Any thread that can go on does so with the same chance, at each hook. */
final class RandomChooser extends SeededChooser {
    RandomChooser(long seed) {
        super(seed);
    }

    @Override
    int choose(int eligible, int running) {
        return chance.bitOf(eligible);
    }

    @Override
    void added(int thread) {}

    @Override
    void demote(int thread) {}

    @Override
    String token() {
        return "random:" + Long.toHexString(seed);
    }
}
