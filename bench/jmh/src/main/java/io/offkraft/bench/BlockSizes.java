// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import java.util.Arrays;
import java.util.Random;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * The sizes that a thread asks for, one after the other.
 *
 * <p>They come out of a table whatever they are, so that a single size and mixed ones cost the
 * benchmark the same, and no compiler sees a constant.
 */
@State(Scope.Thread)
public class BlockSizes {
    static final String MIXED = "mixed";

    /** The largest of the mixed sizes. */
    static final long MIXED_MAX_BYTES = 64 << 10;

    private static final long MIXED_MIN_BYTES = 16;
    private static final int COUNT = 1024;
    private static final long SEED = 0x0ff;

    /** Bytes of a block: a number, or mixed: 16 B to 64 KiB, each doubling as often as another. */
    @Param({"16", "64", "1024", "8192", "65536", "1048576", MIXED})
    public String bytes;

    private long[] table;
    private int index;

    /** Fills the table, the same in every run. */
    @Setup
    public void fill() {
        if (bytes.equals(MIXED)) {
            table = mixed(COUNT, MIXED_MAX_BYTES);
        } else {
            table = new long[COUNT];
            Arrays.fill(table, Long.parseLong(bytes));
        }
    }

    long next() {
        return table[index++ & (COUNT - 1)];
    }

    /** Returns sizes from 16 to {@code maxBytes}, their logarithms evenly spread. */
    static long[] mixed(int count, long maxBytes) {
        Random random = new Random(SEED);
        double ratio = (double) maxBytes / MIXED_MIN_BYTES;
        return random.doubles(count)
                .mapToLong(part -> Math.round(MIXED_MIN_BYTES * Math.pow(ratio, part)))
                .toArray();
    }
}
