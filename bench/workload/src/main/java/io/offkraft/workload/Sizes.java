// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Sizes that are asked for one after the other, out of a table, so that whatever they are costs the
 * workload the same and no compiler sees a constant.
 */
final class Sizes {
    private static final int COUNT = 1024; // a power of two
    private static final long SEED = 0x51ce5;

    private final int[] table;

    private Sizes(int[] table) {
        this.table = table;
    }

    /** Returns one size over and over. */
    static Sizes all(int bytes) {
        int[] table = new int[COUNT];
        Arrays.fill(table, bytes);
        return new Sizes(table);
    }

    /** Returns sizes whose logarithms are evenly spread. */
    static Sizes logarithmic(int fromBytes, int toBytes) {
        double ratio = (double) toBytes / fromBytes;
        return new Sizes(
                new SplittableRandom(SEED)
                        .doubles(COUNT)
                        .mapToInt(part -> (int) Math.round(fromBytes * Math.pow(ratio, part)))
                        .toArray());
    }

    /** Returns the sizes of a table of pairs, size and weight, as often as their weights say. */
    static Sizes weighted(int[] sizesAndWeights) {
        int sum = 0;
        for (int index = 1; index < sizesAndWeights.length; index += 2) {
            sum += sizesAndWeights[index];
        }
        SplittableRandom random = new SplittableRandom(SEED);
        int[] table = new int[COUNT];
        for (int place = 0; place < COUNT; place++) {
            int rest = random.nextInt(sum);
            int index = 0;
            while (rest >= sizesAndWeights[index + 1]) {
                rest -= sizesAndWeights[index + 1];
                index += 2;
            }
            table[place] = sizesAndWeights[index];
        }
        return new Sizes(table);
    }

    /** Returns a size of the table, chosen by some bits of {@code bits}. */
    int at(long bits) {
        return table[(int) bits & (COUNT - 1)];
    }
}
