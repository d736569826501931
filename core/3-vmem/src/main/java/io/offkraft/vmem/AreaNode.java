// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import io.offkraft.word.Alignment;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A node of an {@link AreaTree}: a sorted run of areas ({@link AreaLeaf}), or of nodes ({@link
 * AreaBranch}). Never empty, never changed: a change gives another node.
 *
 * <p>What one looks for in a node lies side by side in arrays of numbers, so that a look at a node
 * costs a cache miss or two, however many entries it has, and none of its entries is touched but
 * the one that is taken.
 */
abstract sealed class AreaNode permits AreaLeaf, AreaBranch {
    /** So many numbers are compared at once, and one less. */
    private static final int BLOCK = 8;

    /** As many starts as lie between two blocks of starts. */
    private static final int PIVOTS = BLOCK - 1;

    /** The most entries: blocks of one less than their size, and the pivots between them. */
    static final int MOST = BLOCK * BLOCK - 1;

    /** Nodes side by side become one when, after a removal, they have this many entries or less. */
    static final int JOINED = MOST * 3 / 4;

    /**
     * The pivots, which are every eighth start; then all starts. What is left of the pivots, and of
     * the last block of starts, is {@link Long#MAX_VALUE}.
     */
    private final long[] keys;

    /** Where each entry ends. */
    final long[] ends;

    /** The areas below. */
    final int count;

    /** Bytes of the areas below that have memory. */
    final long committed;

    /** Bytes of the largest gap between the areas below. */
    final long largestGap;

    /** With {@code keys} as {@link #keysOf} or {@link #splicedKeys} made them. */
    AreaNode(long[] keys, long[] ends, int count, long committed, long gapBelow) {
        this.keys = keys;
        this.ends = ends;
        this.count = count;
        this.committed = committed;
        long gap = gapBelow;
        for (int i = 1; i < ends.length; i++) {
            gap = Math.max(gap, keys[PIVOTS + i] - ends[i - 1]);
        }
        largestGap = gap;
    }

    static long[] keysOf(long... starts) {
        long[] keys = newKeys(starts.length);
        System.arraycopy(starts, 0, keys, PIVOTS, starts.length);
        return withPivots(keys, starts.length);
    }

    private static long[] newKeys(int starts) {
        return new long[PIVOTS + starts / BLOCK * BLOCK + BLOCK - 1];
    }

    /** Fills in the pivots, and what is left behind the starts. */
    private static long[] withPivots(long[] keys, int starts) {
        Arrays.fill(keys, PIVOTS + starts, keys.length, Long.MAX_VALUE);
        int pivots = starts / BLOCK;
        for (int pivot = 0; pivot < pivots; pivot++) {
            keys[pivot] = keys[PIVOTS + BLOCK * pivot + BLOCK - 1];
        }
        Arrays.fill(keys, pivots, PIVOTS, Long.MAX_VALUE);
        return keys;
    }

    /** The keys with other starts for those of {@code [from, to)}. */
    final long[] splicedKeys(int from, int to, long... with) {
        int size = size();
        int newSize = size - (to - from) + with.length;
        long[] spliced = newKeys(newSize);
        System.arraycopy(keys, PIVOTS, spliced, PIVOTS, from);
        System.arraycopy(with, 0, spliced, PIVOTS + from, with.length);
        System.arraycopy(keys, PIVOTS + to, spliced, PIVOTS + from + with.length, size - to);
        return withPivots(spliced, newSize);
    }

    /** One that differs in what is at its addresses only. */
    AreaNode(AreaNode alike, long committed) {
        keys = alike.keys;
        ends = alike.ends;
        count = alike.count;
        this.committed = committed;
        largestGap = alike.largestGap;
    }

    final int size() {
        return ends.length;
    }

    final long start() {
        return keys[PIVOTS];
    }

    final long start(int index) {
        return keys[PIVOTS + index];
    }

    final long end() {
        return ends[ends.length - 1];
    }

    /**
     * Returns the index of the last entry that begins at {@code address} or before; -1 if there is
     * none.
     *
     * <p>It counts the pivots that are not greater, then the starts of one block: twice seven
     * comparisons that don't wait for one another, in two or three cache lines. And no branch:
     * which way a search goes is random, so half of its branches would be predicted wrongly.
     */
    final int floor(long address) {
        long[] in = keys;
        int block = BLOCK * countUpTo(in, 0, address);
        return block + countUpTo(in, PIVOTS + block, address) - 1;
    }

    /**
     * Returns how many of seven numbers are not greater than {@code address}. A difference that is
     * negative has the sign bit 1; there is no overflow, for no number is negative.
     */
    private static int countUpTo(long[] in, int from, long address) {
        long beyond = address + 1;
        long first = ((in[from] - beyond) >>> 63) + ((in[from + 1] - beyond) >>> 63);
        long second = ((in[from + 2] - beyond) >>> 63) + ((in[from + 3] - beyond) >>> 63);
        long third = ((in[from + 4] - beyond) >>> 63) + ((in[from + 5] - beyond) >>> 63);
        return (int) (first + second + third + ((in[from + 6] - beyond) >>> 63));
    }

    /** Returns the nodes on the way down. */
    abstract int height();

    /** Returns the first area that ends behind {@code address}, or null. */
    abstract @Nullable Area endingAfter(long address);

    /** Does it with the areas that have an address in {@code [start, end)}, ascending. */
    abstract void forEach(long start, long end, Consumer<Area> action);

    /** Returns what it becomes with one more area, where a hole is: one node, or two. */
    abstract AreaNode[] with(Area area, boolean isLast);

    /** Returns it with {@code area} for the one that begins there, and ends there too. */
    abstract AreaNode withInstead(Area area);

    /**
     * Returns it with {@code area} for the one that has the same addresses; null if there is none,
     * or it may have a neighbour.
     */
    abstract @Nullable AreaNode withAloneOrNull(Area area, boolean isFirst, boolean isLast);

    /** Returns it without the area that begins there; null if it was the only one. */
    abstract @Nullable AreaNode without(long start);

    /** Returns it and the next, which has not too many entries for that, in one. */
    abstract AreaNode joinedTo(AreaNode next);

    /** Returns the bytes of the largest gap inside an entry. */
    abstract long gapIn(int index);

    /** Looks for the lowest fit inside an entry. */
    abstract long firstFitIn(int index, long low, long high, long bytes, long alignment);

    /** Returns the bytes of the largest hole inside an entry, or {@code best} if that is more. */
    abstract long largestHoleIn(int index, long low, long high, long best);

    /** Throws unless the sums are those of the entries, and there are not too few of these. */
    abstract void validate(boolean isLast);

    /**
     * Returns the lowest aligned address of a hole of {@code bytes} bytes in {@code [low, high)},
     * of whose areas all are below; or -1.
     */
    final long firstFit(long low, long high, long bytes, long alignment) {
        long from = low;
        for (int i = Math.max(0, floor(low)); i < size() && start(i) < high; i++) {
            long fit = fitBetween(from, start(i), bytes, alignment);
            if (fit < 0 && gapIn(i) >= bytes) {
                long to = Math.min(high, ends[i]);
                fit = firstFitIn(i, Math.max(from, start(i)), to, bytes, alignment);
            }
            if (fit >= 0) {
                return fit;
            }
            from = Math.max(from, ends[i]);
        }
        return fitBetween(from, high, bytes, alignment);
    }

    /** Returns the lowest fit in a hole, or -1. */
    static long fitBetween(long low, long high, long bytes, long alignment) {
        if (high - low < bytes) {
            return -1;
        }
        long fit = Alignment.alignUp(low, alignment);
        return fit >= low && fit <= high && high - fit >= bytes ? fit : -1;
    }

    /** Returns the bytes of the largest hole in {@code [low, high)}, as {@link #firstFit}. */
    final long largestHole(long low, long high, long atLeast) {
        long best = atLeast;
        long from = low;
        for (int i = Math.max(0, floor(low)); i < size() && start(i) < high; i++) {
            best = Math.max(best, start(i) - from);
            if (gapIn(i) > best) {
                long to = Math.min(high, ends[i]);
                best = largestHoleIn(i, Math.max(from, start(i)), to, best);
            }
            from = Math.max(from, ends[i]);
        }
        return Math.max(best, high - from);
    }

    static long[] spliced(long[] old, int size, int from, int to, long... with) {
        long[] all = new long[size - (to - from) + with.length];
        System.arraycopy(old, 0, all, 0, from);
        System.arraycopy(with, 0, all, from, with.length);
        System.arraycopy(old, to, all, from + with.length, size - to);
        return all;
    }

    static <T> T[] spliced(T[] old, int from, int to, T[] with) {
        T[] all = Arrays.copyOf(old, old.length - (to - from) + with.length);
        System.arraycopy(with, 0, all, from, with.length);
        System.arraycopy(old, to, all, from + with.length, old.length - to);
        return all;
    }

    static <T> T[] joined(T[] first, T[] second) {
        return spliced(first, first.length, first.length, second);
    }

    /** Where a node with one entry too many is cut: at the end, where areas come in ascending. */
    static int cut(int entries, boolean appended) {
        return appended ? entries - 1 : entries / 2;
    }

    void require(boolean condition, String fault) {
        if (!condition) {
            throw new IllegalStateException(
                    "the node of [0x%x, 0x%x) %s".formatted(start(), end(), fault));
        }
    }

    void requireSame(AreaNode again) {
        require(
                Arrays.equals(keys, again.keys)
                        && Arrays.equals(ends, again.ends)
                        && count == again.count
                        && committed == again.committed
                        && largestGap == again.largestGap,
                "has wrong sums");
    }
}
