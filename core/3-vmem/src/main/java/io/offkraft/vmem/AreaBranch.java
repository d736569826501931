// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A node of nodes that are equally high. */
final class AreaBranch extends AreaNode {
    private final AreaNode[] nodes;

    /** The largest gap inside of each. */
    private final long[] gaps;

    private AreaBranch(
            AreaNode[] nodes, long[] keys, long[] ends, long[] gaps, int count, long committed) {
        super(keys, ends, count, committed, largest(gaps));
        this.nodes = nodes;
        this.gaps = gaps;
    }

    /** With another node for one that differs in what is at its addresses only. */
    private AreaBranch(AreaBranch alike, int index, AreaNode node) {
        super(alike, alike.committed - alike.nodes[index].committed + node.committed);
        nodes = alike.nodes.clone();
        nodes[index] = node;
        gaps = alike.gaps;
    }

    private static long largest(long[] gaps) {
        long largest = 0;
        for (long gap : gaps) {
            largest = Math.max(largest, gap);
        }
        return largest;
    }

    static AreaBranch of(AreaNode... nodes) {
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
        return new AreaBranch(nodes, keysOf(starts), ends, gaps, count, sum);
    }

    /** Returns the node in which an area would be that holds the address; null if before all. */
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
        return new AreaBranch(this, index, nodes[index].withInstead(area));
    }

    @Override
    @Nullable AreaNode withAloneOrNull(Area area, boolean isFirst, boolean isLast) {
        int index = floor(area.start());
        if (index < 0) {
            return null;
        }
        boolean last = isLast && index == nodes.length - 1;
        AreaNode node = nodes[index].withAloneOrNull(area, isFirst && index == 0, last);
        return node == null ? null : new AreaBranch(this, index, node);
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
    private AreaBranch changed(int from, int to, AreaNode... with) {
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
        return new AreaBranch(
                spliced(nodes, from, to, with),
                splicedKeys(from, to, newStarts),
                spliced(ends, nodes.length, from, to, newEnds),
                spliced(gaps, nodes.length, from, to, newGaps),
                counted,
                sum);
    }

    @Override
    AreaNode joinedTo(AreaNode next) {
        AreaNode[] others = ((AreaBranch) next).nodes;
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
