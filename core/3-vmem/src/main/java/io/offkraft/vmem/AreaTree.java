// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import io.offkraft.word.Alignment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The areas of a space by address: sorted, disjoint, and merged as far as they can be. What lies
 * between them is a hole.
 *
 * <p>A value: a change gives a new tree, which shares all but a path with the old one (a persistent
 * AVL tree: Adelson-Velsky and Landis 1962, Driscoll et al. 1989). So who has a tree sees one
 * moment of the space, whatever others do meanwhile, and needs no lock.
 *
 * <p>Every operation takes O(log n) and the areas it touches. Nodes carry what makes that so for
 * holes: the largest gap below them.
 */
final class AreaTree {
    private static final AreaTree EMPTY = new AreaTree(null);

    private final @Nullable Node root;

    private AreaTree(@Nullable Node root) {
        this.root = root;
    }

    /** Returns the tree without areas. */
    static AreaTree empty() {
        return EMPTY;
    }

    private static final class Node {
        final Area area;
        final @Nullable Node left;
        final @Nullable Node right;
        final int height;
        final int count;
        final long committed;

        /** The first address of the first area, and the address behind the last one. */
        final long first;

        final long last;

        /** Bytes of the largest gap between the areas from first to last. */
        final long largestGap;

        Node(@Nullable Node left, Area area, @Nullable Node right) {
            this.left = left;
            this.area = area;
            this.right = right;
            height = 1 + Math.max(height(left), height(right));
            int counted = 1;
            long sum = area.kind().hasMemory() ? area.bytes() : 0;
            long from = area.start();
            long to = area.end();
            long gap = 0;
            if (left != null) {
                counted += left.count;
                sum += left.committed;
                from = left.first;
                gap = Math.max(left.largestGap, area.start() - left.last);
            }
            if (right != null) {
                counted += right.count;
                sum += right.committed;
                to = right.last;
                gap = Math.max(gap, Math.max(right.largestGap, right.first - area.end()));
            }
            count = counted;
            committed = sum;
            first = from;
            last = to;
            largestGap = gap;
        }
    }

    private static int height(@Nullable Node node) {
        return node == null ? 0 : node.height;
    }

    /** Returns the number of areas. */
    int count() {
        return root == null ? 0 : root.count;
    }

    /** Returns the nodes on the longest way down. */
    int height() {
        return height(root);
    }

    /** Returns the bytes of all areas that have memory. */
    long committedBytes() {
        return root == null ? 0 : root.committed;
    }

    // Looking

    /** Returns the area that holds {@code address}, or null. */
    @Nullable Area at(long address) {
        Node node = root;
        while (node != null) {
            if (address < node.area.start()) {
                node = node.left;
            } else if (address >= node.area.end()) {
                node = node.right;
            } else {
                return node.area;
            }
        }
        return null;
    }

    /** Returns the area that holds {@code address}, or else the next one, or null. */
    @Nullable Area atOrAfter(long address) {
        Area best = null;
        Node node = root;
        while (node != null) {
            if (address < node.area.end()) {
                best = node.area;
                node = node.left;
            } else {
                node = node.right;
            }
        }
        return best;
    }

    /** Returns all areas, ascending. */
    List<Area> all() {
        List<Area> areas = new ArrayList<>(count());
        forEach(root, Long.MIN_VALUE, Long.MAX_VALUE, areas::add);
        return List.copyOf(areas);
    }

    /**
     * Returns the parts of areas that lie in {@code [start, end)}, ascending; holes are left out.
     */
    List<Area> within(long start, long end) {
        List<Area> parts = new ArrayList<>();
        forEach(root, start, end, area -> parts.add(clipped(area, start, end)));
        return parts;
    }

    private static Area clipped(Area area, long start, long end) {
        Area tail = area.start() < start ? area.withStart(start) : area;
        return tail.end() > end ? tail.withEnd(end) : tail;
    }

    private static void forEach(@Nullable Node node, long start, long end, Consumer<Area> action) {
        if (node == null || start >= end || node.last <= start || node.first >= end) {
            return;
        }
        forEach(node.left, start, end, action);
        if (node.area.start() < end && node.area.end() > start) {
            action.accept(node.area);
        }
        forEach(node.right, start, end, action);
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
        return firstFit(root, start, end, bytes, alignment);
    }

    /** In the holes of {@code [low, high)}, of whose areas all are below {@code node}. */
    private static long firstFit(
            @Nullable Node node, long low, long high, long bytes, long alignment) {
        if (high - low < bytes) {
            return -1;
        }
        if (node == null) {
            long fit = Alignment.alignUp(low, alignment);
            return fit >= low && fit <= high && high - fit >= bytes ? fit : -1;
        }
        if (node.first - low < bytes && node.largestGap < bytes && high - node.last < bytes) {
            return -1;
        }
        if (node.area.start() > low) {
            long fit =
                    firstFit(node.left, low, Math.min(high, node.area.start()), bytes, alignment);
            if (fit >= 0) {
                return fit;
            }
        }
        return node.area.end() >= high
                ? -1
                : firstFit(node.right, Math.max(low, node.area.end()), high, bytes, alignment);
    }

    /** Returns the bytes of the largest hole in {@code [start, end)}. */
    long largestHole(long start, long end) {
        return largestHole(root, start, end, 0);
    }

    private static long largestHole(@Nullable Node node, long low, long high, long best) {
        if (high - low <= best) {
            return best;
        }
        if (node == null) {
            return high - low;
        }
        if (node.first - low <= best && node.largestGap <= best && high - node.last <= best) {
            return best;
        }
        long found = best;
        if (node.area.start() > low) {
            found = largestHole(node.left, low, Math.min(high, node.area.start()), found);
        }
        return node.area.end() >= high
                ? found
                : largestHole(node.right, Math.max(low, node.area.end()), high, found);
    }

    // Changing

    /** Returns the tree in which {@code area} is what is there, whatever was there before. */
    AreaTree with(Area area) {
        Area same = at(area.start());
        if (same != null
                && same.start() == area.start()
                && same.end() == area.end()
                && !continuesNeighbour(area)) {
            return new AreaTree(replaced(root, area)); // the shape stays
        }
        Area next = same == null ? atOrAfter(area.start()) : same;
        boolean overHole = next == null || next.start() >= area.end();
        Node cleared = overHole ? root : clear(root, area.start(), area.end());
        Area merged = area;
        AreaTree rest = overHole ? this : new AreaTree(cleared);
        Area before = rest.at(area.start() - 1);
        if (before != null && merged.continues(before)) {
            cleared = remove(cleared, before.start());
            merged = merged.joinedTo(before);
        }
        Area after = rest.at(area.end());
        if (after != null && after.continues(merged)) {
            cleared = remove(cleared, after.start());
            merged = merged.withEnd(after.end());
        }
        return new AreaTree(insert(cleared, merged));
    }

    private boolean continuesNeighbour(Area area) {
        Area before = at(area.start() - 1);
        Area after = at(area.end());
        return (before != null && area.continues(before))
                || (after != null && after.continues(area));
    }

    /** With {@code area} instead of the one that has the same addresses. */
    private static Node replaced(@Nullable Node node, Area area) {
        if (node == null) {
            throw new IllegalStateException("no area begins at 0x%x".formatted(area.start()));
        }
        if (area.start() < node.area.start()) {
            return new Node(replaced(node.left, area), node.area, node.right);
        }
        if (area.start() > node.area.start()) {
            return new Node(node.left, node.area, replaced(node.right, area));
        }
        return new Node(node.left, area, node.right);
    }

    /** Returns the tree in which {@code [start, end)} is a hole. */
    AreaTree without(long start, long end) {
        Area first = at(start);
        boolean whole = first != null && first.start() == start && first.end() == end;
        Node cleared = whole ? remove(root, start) : clear(root, start, end);
        return cleared == root ? this : cleared == null ? EMPTY : new AreaTree(cleared);
    }

    private static @Nullable Node clear(@Nullable Node node, long start, long end) {
        List<Area> touched = new ArrayList<>(2);
        forEach(node, start, end, touched::add);
        Node cleared = node;
        for (Area area : touched) {
            cleared = remove(cleared, area.start());
            if (area.start() < start) {
                cleared = insert(cleared, area.withEnd(start));
            }
            if (area.end() > end) {
                cleared = insert(cleared, area.withStart(end));
            }
        }
        return cleared;
    }

    private static Node insert(@Nullable Node node, Area area) {
        if (node == null) {
            return new Node(null, area, null);
        }
        return area.start() < node.area.start()
                ? balanced(insert(node.left, area), node.area, node.right)
                : balanced(node.left, node.area, insert(node.right, area));
    }

    private static @Nullable Node remove(@Nullable Node node, long start) {
        if (node == null) {
            throw new IllegalStateException("no area begins at 0x%x".formatted(start));
        }
        if (start < node.area.start()) {
            return balanced(remove(node.left, start), node.area, node.right);
        }
        if (start > node.area.start()) {
            return balanced(node.left, node.area, remove(node.right, start));
        }
        if (node.left == null) {
            return node.right;
        }
        if (node.right == null) {
            return node.left;
        }
        Area next = first(node.right);
        return balanced(node.left, next, remove(node.right, next.start()));
    }

    private static Area first(Node node) {
        Node at = node;
        while (at.left != null) {
            at = at.left;
        }
        return at.area;
    }

    /** A node whose children differ by two in height at most, rotated until by one at most. */
    private static Node balanced(@Nullable Node left, Area area, @Nullable Node right) {
        if (left != null && left.height > height(right) + 1) {
            Node inner = left.right;
            if (inner != null && inner.height > height(left.left)) {
                return new Node(
                        new Node(left.left, left.area, inner.left),
                        inner.area,
                        new Node(inner.right, area, right));
            }
            return new Node(left.left, left.area, new Node(inner, area, right));
        }
        if (right != null && right.height > height(left) + 1) {
            Node inner = right.left;
            if (inner != null && inner.height > height(right.right)) {
                return new Node(
                        new Node(left, area, inner.left),
                        inner.area,
                        new Node(inner.right, right.area, right.right));
            }
            return new Node(new Node(left, area, inner), right.area, right.right);
        }
        return new Node(left, area, right);
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
        validate(root);
    }

    private static void validate(@Nullable Node node) {
        if (node != null) {
            validate(node.left);
            validate(node.right);
            Node again = new Node(node.left, node.area, node.right);
            require(
                    Math.abs(height(node.left) - height(node.right)) <= 1,
                    "is out of balance",
                    node.area);
            require(
                    again.height == node.height
                            && again.first == node.first
                            && again.last == node.last
                            && again.largestGap == node.largestGap,
                    "has wrong sums",
                    node.area);
        }
    }

    private static void require(boolean condition, String fault, Area area) {
        if (!condition) {
            throw new IllegalStateException(area + " " + fault);
        }
    }
}
