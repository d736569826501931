// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The areas of a space by address: sorted, disjoint, and merged as far as they can be. What lies
 * between them is a hole.
 *
 * <p>A value: a change gives a new tree, which shares all but a path with the old one (a persistent
 * B+ tree: Bayer and McCreight 1972, Driscoll et al. 1989). So who has a tree sees one moment of
 * the space, whatever others do meanwhile, and needs no lock.
 *
 * <p>Every operation takes O(log n) and the areas it touches. Nodes carry what makes that so for
 * holes: the largest gap below them.
 */
final class AreaTree {
    private static final AreaTree EMPTY = new AreaTree(null);

    private final @Nullable AreaNode root;

    private AreaTree(@Nullable AreaNode root) {
        this.root = root;
    }

    /** Returns the tree without areas. */
    static AreaTree empty() {
        return EMPTY;
    }

    /** Returns the number of areas. */
    int count() {
        return root == null ? 0 : root.count;
    }

    /** Returns the nodes on the way down. */
    int height() {
        return root == null ? 0 : root.height();
    }

    /** Returns the bytes of all areas that have memory. */
    long committedBytes() {
        return root == null ? 0 : root.committed;
    }

    // Looking

    /** Returns the area that holds {@code address}, or null. */
    @Nullable Area at(long address) {
        AreaNode node = isAddress(address) ? root : null;
        while (node instanceof AreaBranch branch) {
            node = branch.towards(address);
        }
        return node instanceof AreaLeaf leaf ? leaf.at(address) : null;
    }

    /** Returns the area that holds {@code address}, or else the next one, or null. */
    @Nullable Area atOrAfter(long address) {
        long from = Math.max(0, address);
        return root != null && isAddress(from) ? root.endingAfter(from) : null;
    }

    /** Of those a node can look for. */
    private static boolean isAddress(long address) {
        return address >= 0 && address < Long.MAX_VALUE;
    }

    /** Returns all areas, ascending. */
    List<Area> all() {
        List<Area> areas = new ArrayList<>(count());
        forEach(0, Long.MAX_VALUE, areas::add);
        return List.copyOf(areas);
    }

    /**
     * Returns the parts of areas that lie in {@code [start, end)}, ascending; holes are left out.
     */
    List<Area> within(long start, long end) {
        List<Area> parts = new ArrayList<>();
        forEach(start, end, area -> parts.add(clipped(area, start, end)));
        return parts;
    }

    private static Area clipped(Area area, long start, long end) {
        Area tail = area.start() < start ? area.withStart(start) : area;
        return tail.end() > end ? tail.withEnd(end) : tail;
    }

    private void forEach(long start, long end, Consumer<Area> action) {
        if (root != null && start < end) {
            root.forEach(start, end, action);
        }
    }

    /** Returns the first address in {@code [start, end)} that is in no area, or -1. */
    long firstHoleOrMinus1(long start, long end) {
        long next = start;
        while (next < end) {
            Area area = at(next);
            if (area == null) {
                return next;
            }
            next = area.end();
        }
        return -1;
    }

    /**
     * Returns the lowest aligned address of a hole of {@code bytes} bytes in {@code [start, end)},
     * or -1.
     */
    long firstFitOrMinus1(long start, long end, long bytes, long alignment) {
        return root == null
                ? AreaNode.fitBetween(start, end, bytes, alignment)
                : root.firstFit(start, end, bytes, alignment);
    }

    /** Returns the bytes of the largest hole in {@code [start, end)}. */
    long largestHole(long start, long end) {
        return root == null ? end - start : root.largestHole(start, end, 0);
    }

    // Changing

    /** Returns the tree in which {@code area} is what is there, whatever was there before. */
    AreaTree with(Area area) {
        AreaNode alone = root == null ? null : root.withAloneOrNull(area, true, true);
        if (alone != null) {
            return new AreaTree(alone); // the common case: one look
        }
        Area next = atOrAfter(area.start());
        if (next != null
                && next.start() == area.start()
                && next.end() == area.end()
                && !continuesNeighbour(area)) {
            return new AreaTree(presentRoot().withInstead(area)); // the shape stays
        }
        boolean overHole = next == null || next.start() >= area.end();
        AreaTree rest = overHole ? this : without(area.start(), area.end());
        Area merged = area;
        Area before = rest.at(area.start() - 1);
        if (before != null && merged.continues(before)) {
            rest = rest.remove(before);
            merged = merged.joinedTo(before);
        }
        Area after = overHole ? next : rest.atOrAfter(area.end());
        if (after != null && after.continues(merged)) {
            rest = rest.remove(after);
            merged = merged.withEnd(after.end());
        }
        return rest.insert(merged);
    }

    private boolean continuesNeighbour(Area area) {
        Area before = at(area.start() - 1);
        Area after = at(area.end());
        return (before != null && area.continues(before))
                || (after != null && after.continues(area));
    }

    /** Returns the tree in which {@code [start, end)} is a hole. */
    AreaTree without(long start, long end) {
        Area first = atOrAfter(start);
        if (first == null || first.start() >= end) {
            return this;
        }
        if (first.start() >= start && first.end() == end) {
            return remove(first); // the common case: one area, and all of it
        }
        List<Area> touched = new ArrayList<>();
        forEach(start, end, touched::add);
        AreaTree cleared = this;
        for (Area area : touched) {
            cleared = cleared.remove(area);
            if (area.start() < start) {
                cleared = cleared.insert(area.withEnd(start));
            }
            if (area.end() > end) {
                cleared = cleared.insert(area.withStart(end));
            }
        }
        return cleared;
    }

    /** With an area where there is a hole. */
    private AreaTree insert(Area area) {
        if (root == null) {
            return new AreaTree(AreaLeaf.of(area));
        }
        AreaNode[] nodes = root.with(area, true);
        return new AreaTree(nodes.length == 1 ? nodes[0] : AreaBranch.of(nodes));
    }

    /** Without an area of it. */
    private AreaTree remove(Area area) {
        AreaNode rest = presentRoot().without(area.start());
        while (rest instanceof AreaBranch branch && branch.size() == 1) {
            rest = branch.lowered();
        }
        return rest == null ? EMPTY : new AreaTree(rest);
    }

    private AreaNode presentRoot() {
        if (root == null) {
            throw new IllegalStateException("there is no area");
        }
        return root;
    }

    // Checking

    /** Throws unless the areas are sorted, disjoint, merged and in the range, and add up. */
    void validate(long start, long end) {
        Area before = null;
        long committed = 0;
        int count = 0;
        for (Area area : all()) {
            require(area.start() < area.end(), "is empty", area);
            require(area.start() >= start && area.end() <= end, "is outside", area);
            require(before == null || before.end() <= area.start(), "overlaps", area);
            require(before == null || !area.continues(before), "is not merged", area);
            committed += area.kind().hasMemory() ? area.bytes() : 0;
            count++;
            before = area;
        }
        if (committed != committedBytes() || count != count()) {
            throw new IllegalStateException(
                    "%d areas have %d bytes of memory, counted were %d and %d"
                            .formatted(count, committed, count(), committedBytes()));
        }
        if (root != null) {
            root.validate(true);
        }
    }

    private static void require(boolean condition, String fault, Area area) {
        if (!condition) {
            throw new IllegalStateException(area + " " + fault);
        }
    }
}
