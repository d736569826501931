// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import io.offkraft.word.Alignment;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A node of an {@link AreaTree}: a sorted run of areas ({@link Leaf}), or of nodes ({@link
 * Branch}). Never empty, never changed: a change gives another node.
 *
 * <p>What one looks for in a node lies side by side in arrays of numbers, so that a look at a node
 * costs a cache miss or two, however many entries it has, and none of its entries is touched but
 * the one that is taken.
 */
abstract sealed class AreaNode {
    /** So many numbers are compared at once, and one less. */
    private static final int BLOCK = 8;

    /** As many starts as lie between two blocks of starts. */
    private static final int PIVOTS = BLOCK - 1;

    /** The most entries: blocks of one less than their size, and the pivots between them. */
    static final int MOST = BLOCK * BLOCK - 1;

    /** Nodes side by side become one when, after a removal, they have this many entries or less. */
    private static final int JOINED = MOST * 3 / 4;

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

    private AreaNode(long[] starts, long[] ends, int count, long committed, long gapBelow) {
        keys = new long[PIVOTS + starts.length / BLOCK * BLOCK + BLOCK - 1];
        System.arraycopy(starts, 0, keys, PIVOTS, starts.length);
        Arrays.fill(keys, PIVOTS + starts.length, keys.length, Long.MAX_VALUE);
        int pivots = starts.length / BLOCK;
        for (int pivot = 0; pivot < pivots; pivot++) {
            keys[pivot] = starts[BLOCK * pivot + BLOCK - 1];
        }
        Arrays.fill(keys, pivots, PIVOTS, Long.MAX_VALUE);
        this.ends = ends;
        this.count = count;
        this.committed = committed;
        long gap = gapBelow;
        for (int i = 1; i < ends.length; i++) {
            gap = Math.max(gap, starts[i] - ends[i - 1]);
        }
        largestGap = gap;
    }

    /** One that differs in what is at its addresses only. */
    private AreaNode(AreaNode alike, long committed) {
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

    private static long[] spliced(long[] old, int size, int from, int to, long... with) {
        long[] all = new long[size - (to - from) + with.length];
        System.arraycopy(old, 0, all, 0, from);
        System.arraycopy(with, 0, all, from, with.length);
        System.arraycopy(old, to, all, from + with.length, size - to);
        return all;
    }

    final long[] splicedStarts(int from, int to, long... with) {
        long[] starts = Arrays.copyOfRange(keys, PIVOTS, PIVOTS + size());
        return spliced(starts, starts.length, from, to, with);
    }

    private static <T> T[] spliced(T[] old, int from, int to, T[] with) {
        T[] all = Arrays.copyOf(old, old.length - (to - from) + with.length);
        System.arraycopy(with, 0, all, from, with.length);
        System.arraycopy(old, to, all, from + with.length, old.length - to);
        return all;
    }

    private static <T> T[] joined(T[] first, T[] second) {
        return spliced(first, first.length, first.length, second);
    }

    /** Where a node with one entry too many is cut: at the end, where areas come in ascending. */
    private static int cut(int entries, boolean appended) {
        return appended ? entries - 1 : entries / 2;
    }

    void require(boolean condition, String fault) {
        if (!condition) {
            throw new IllegalStateException(
                    "the node of [0x%x, 0x%x) %s".formatted(start(), end(), fault));
        }
    }

    private void requireSame(AreaNode again) {
        require(
                Arrays.equals(keys, again.keys)
                        && Arrays.equals(ends, again.ends)
                        && count == again.count
                        && committed == again.committed
                        && largestGap == again.largestGap,
                "has wrong sums");
    }

    /** Areas. */
    static final class Leaf extends AreaNode {
        private final Area[] areas;

        private Leaf(Area[] areas, long[] starts, long[] ends, long committed) {
            super(starts, ends, areas.length, committed, 0);
            this.areas = areas;
        }

        /** With another area for one that has the same addresses. */
        private Leaf(Leaf alike, int index, Area area) {
            super(alike, alike.committed - memory(alike.areas[index]) + memory(area));
            areas = alike.areas.clone();
            areas[index] = area;
        }

        static Leaf of(Area... areas) {
            long[] starts = new long[areas.length];
            long[] ends = new long[areas.length];
            long sum = 0;
            for (int i = 0; i < areas.length; i++) {
                starts[i] = areas[i].start();
                ends[i] = areas[i].end();
                sum += memory(areas[i]);
            }
            return new Leaf(areas, starts, ends, sum);
        }

        private static long memory(Area area) {
            return area.kind().hasMemory() ? area.bytes() : 0;
        }

        @Nullable Area at(long address) {
            int index = floor(address);
            if (index < 0) {
                return null;
            }
            Area area = areas[index];
            return address < area.end() ? area : null;
        }

        @Override
        int height() {
            return 1;
        }

        @Override
        @Nullable Area endingAfter(long address) {
            int index = floor(address);
            if (index < 0 || ends[index] <= address) {
                index++;
            }
            return index < areas.length ? areas[index] : null;
        }

        @Override
        void forEach(long start, long end, Consumer<Area> action) {
            for (int i = Math.max(0, floor(start)); i < areas.length && start(i) < end; i++) {
                if (ends[i] > start) {
                    action.accept(areas[i]);
                }
            }
        }

        @Override
        AreaNode[] with(Area area, boolean isLast) {
            int index = floor(area.start()) + 1;
            if (areas.length < MOST) {
                return new AreaNode[] {changed(index, index, committed + memory(area), area)};
            }
            Area[] all = spliced(areas, index, index, new Area[] {area});
            int cut = cut(all.length, isLast && index == areas.length);
            return new AreaNode[] {
                of(Arrays.copyOf(all, cut)), of(Arrays.copyOfRange(all, cut, all.length))
            };
        }

        @Override
        AreaNode withInstead(Area area) {
            int index = indexOf(area.start());
            return new Leaf(this, index, area);
        }

        @Override
        @Nullable AreaNode without(long start) {
            int index = indexOf(start);
            return areas.length == 1
                    ? null
                    : changed(index, index + 1, committed - memory(areas[index]));
        }

        private int indexOf(long start) {
            int index = floor(start);
            if (index < 0 || start(index) != start) {
                throw new IllegalStateException("no area begins at 0x%x".formatted(start));
            }
            return index;
        }

        /** With other areas, of which there is one at most, for those of {@code [from, to)}. */
        private Leaf changed(int from, int to, long sum, Area... with) {
            boolean any = with.length > 0;
            long[] newStarts = any ? new long[] {with[0].start()} : new long[0];
            long[] newEnds = any ? new long[] {with[0].end()} : new long[0];
            return new Leaf(
                    spliced(areas, from, to, with),
                    splicedStarts(from, to, newStarts),
                    spliced(ends, areas.length, from, to, newEnds),
                    sum);
        }

        @Override
        AreaNode joinedTo(AreaNode next) {
            return of(joined(areas, ((Leaf) next).areas));
        }

        @Override
        long gapIn(int index) {
            return -1;
        }

        @Override
        long firstFitIn(int index, long low, long high, long bytes, long alignment) {
            return -1;
        }

        @Override
        long largestHoleIn(int index, long low, long high, long best) {
            return best;
        }

        @Override
        void validate(boolean isLast) {
            super.requireSame(of(areas));
        }
    }

    /** Nodes that are equally high. */
    static final class Branch extends AreaNode {
        private final AreaNode[] nodes;

        /** The largest gap inside of each. */
        private final long[] gaps;

        private Branch(
                AreaNode[] nodes,
                long[] starts,
                long[] ends,
                long[] gaps,
                int count,
                long committed) {
            super(starts, ends, count, committed, Arrays.stream(gaps).max().orElse(0));
            this.nodes = nodes;
            this.gaps = gaps;
        }

        /** With another node for one that differs in what is at its addresses only. */
        private Branch(Branch alike, int index, AreaNode node) {
            super(alike, alike.committed - alike.nodes[index].committed + node.committed);
            nodes = alike.nodes.clone();
            nodes[index] = node;
            gaps = alike.gaps;
        }

        static Branch of(AreaNode... nodes) {
            long[] starts = new long[nodes.length];
            long[] ends = new long[nodes.length];
            long[] gaps = new long[nodes.length];
            int count = 0;
            long sum = 0;
            for (int i = 0; i < nodes.length; i++) {
                starts[i] = nodes[i].start();
                ends[i] = nodes[i].end();
                gaps[i] = nodes[i].largestGap;
                count += nodes[i].count;
                sum += nodes[i].committed;
            }
            return new Branch(nodes, starts, ends, gaps, count, sum);
        }

        /**
         * Returns the node in which an area would be that holds the address; null if before all.
         */
        @Nullable AreaNode towards(long address) {
            int index = floor(address);
            return index < 0 ? null : nodes[index];
        }

        /** Returns the only node below, or itself if it is not the only one. */
        AreaNode lowered() {
            return nodes.length == 1 ? nodes[0] : this;
        }

        @Override
        int height() {
            return 1 + nodes[0].height();
        }

        @Override
        @Nullable Area endingAfter(long address) {
            int index = floor(address);
            if (index < 0 || ends[index] <= address) {
                index++;
            }
            return index < nodes.length ? nodes[index].endingAfter(address) : null;
        }

        @Override
        void forEach(long start, long end, Consumer<Area> action) {
            for (int i = Math.max(0, floor(start)); i < nodes.length && start(i) < end; i++) {
                nodes[i].forEach(start, end, action);
            }
        }

        @Override
        AreaNode[] with(Area area, boolean isLast) {
            int index = Math.max(0, floor(area.start()));
            boolean below = isLast && index == nodes.length - 1;
            AreaNode[] with = nodes[index].with(area, below);
            if (nodes.length - 1 + with.length <= MOST) {
                return new AreaNode[] {changed(index, index + 1, with)};
            }
            AreaNode[] all = spliced(nodes, index, index + 1, with);
            int cut = cut(all.length, below);
            return new AreaNode[] {
                of(Arrays.copyOf(all, cut)), of(Arrays.copyOfRange(all, cut, all.length))
            };
        }

        @Override
        AreaNode withInstead(Area area) {
            int index = Math.max(0, floor(area.start()));
            return new Branch(this, index, nodes[index].withInstead(area));
        }

        @Override
        @Nullable AreaNode without(long start) {
            int index = Math.max(0, floor(start));
            AreaNode node = nodes[index].without(start);
            if (node == null) {
                return nodes.length == 1 ? null : changed(index, index + 1);
            }
            if (index > 0 && nodes[index - 1].size() + node.size() <= JOINED) {
                return changed(index - 1, index + 1, nodes[index - 1].joinedTo(node));
            }
            if (index + 1 < nodes.length && node.size() + nodes[index + 1].size() <= JOINED) {
                return changed(index, index + 2, node.joinedTo(nodes[index + 1]));
            }
            return changed(index, index + 1, node);
        }

        /** With other nodes for those of {@code [from, to)}. */
        private Branch changed(int from, int to, AreaNode... with) {
            int counted = count;
            long sum = committed;
            for (int i = from; i < to; i++) {
                counted -= nodes[i].count;
                sum -= nodes[i].committed;
            }
            long[] newStarts = new long[with.length];
            long[] newEnds = new long[with.length];
            long[] newGaps = new long[with.length];
            for (int i = 0; i < with.length; i++) {
                newStarts[i] = with[i].start();
                newEnds[i] = with[i].end();
                newGaps[i] = with[i].largestGap;
                counted += with[i].count;
                sum += with[i].committed;
            }
            return new Branch(
                    spliced(nodes, from, to, with),
                    splicedStarts(from, to, newStarts),
                    spliced(ends, nodes.length, from, to, newEnds),
                    spliced(gaps, nodes.length, from, to, newGaps),
                    counted,
                    sum);
        }

        @Override
        AreaNode joinedTo(AreaNode next) {
            AreaNode[] others = ((Branch) next).nodes;
            AreaNode last = nodes[nodes.length - 1];
            if (last.size() + others[0].size() > JOINED) {
                return of(joined(nodes, others));
            }
            AreaNode[] kept = Arrays.copyOfRange(others, 1, others.length);
            AreaNode[] between = {last.joinedTo(others[0])};
            AreaNode[] met = spliced(nodes, nodes.length - 1, nodes.length, between);
            return of(joined(met, kept));
        }

        @Override
        long gapIn(int index) {
            return gaps[index];
        }

        @Override
        long firstFitIn(int index, long low, long high, long bytes, long alignment) {
            return nodes[index].firstFit(low, high, bytes, alignment);
        }

        @Override
        long largestHoleIn(int index, long low, long high, long best) {
            return nodes[index].largestHole(low, high, best);
        }

        @Override
        void validate(boolean isLast) {
            super.requireSame(of(nodes));
            for (int i = 0; i < nodes.length; i++) {
                nodes[i].validate(isLast && i == nodes.length - 1);
                require(nodes[i].height() == height() - 1, "has nodes of several heights");
                // A node is cut in halves, and grows no smaller beside a small one; so two side by
                // side have half of the most, except where areas were appended.
                require(
                        i == 0
                                || (isLast && i == nodes.length - 1)
                                || nodes[i - 1].size() + nodes[i].size() > MOST / 2,
                        "has too few entries below");
            }
        }
    }
}
