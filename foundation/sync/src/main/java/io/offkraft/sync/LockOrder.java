// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * The orders in which locks have been taken, as a graph of their classes: an edge from a to b means
 * that some thread asked for a b while it held an a. A cycle is a deadlock that waits for its
 * moment. The idea is that of Linux's lockdep (Molnar and van de Ven, 2006).
 *
 * <p><b>Thread safety:</b> any thread. Known edges are found without a lock; a new one is looked at
 * under the graph's monitor, under which nothing else is called.
 */
final class LockOrder {
    /** A lock class with what is known of its use. */
    static final class Node {
        final LockClass lockClass;

        /** Filled under the graph's monitor, read without. */
        private final ConcurrentMap<Node, Edge> next = new ConcurrentHashMap<>();

        /** Where a handler took such a lock first; written under the node's monitor. */
        private volatile @Nullable AcquisitionSite inInterrupt;

        /** Where one was taken first with interrupts enabled; as {@link #inInterrupt}. */
        private volatile @Nullable AcquisitionSite interruptible;

        Node(LockClass lockClass) {
            this.lockClass = lockClass;
        }

        @Override
        public String toString() {
            return lockClass.toString();
        }
    }

    /** Where the first thread stood that took {@code to} while it held {@code from}. */
    private record Edge(Node from, Node to, AcquisitionSite held, AcquisitionSite taken) {}

    private final ConcurrentMap<LockClass, Node> nodes = new ConcurrentHashMap<>();

    Node node(LockClass lockClass) {
        return nodes.computeIfAbsent(lockClass, Node::new);
    }

    /** Returns whether some thread asked for {@code to} while it held {@code from}. */
    boolean isKnown(LockClass from, LockClass to) {
        return node(from).next.containsKey(node(to));
    }

    /** Returns the edges as {@code outer -> inner}, sorted. */
    List<String> all() {
        return nodes.values().stream()
                .flatMap(from -> from.next.keySet().stream().map(to -> from + " -> " + to))
                .sorted()
                .toList();
    }

    /**
     * Notes that a thread that holds {@code held} asks for {@code wanted}.
     *
     * @throws LockUsageException if that closes a cycle; it is not noted then
     */
    void note(HeldLocks.Held held, TrackedLock wanted, AcquisitionSite site) {
        Node from = held.lock().node;
        Node to = wanted.node;
        if (from.next.containsKey(to)) {
            return;
        }
        synchronized (this) {
            List<Edge> path = pathOrNull(to, from);
            if (path == null) {
                from.next.putIfAbsent(to, new Edge(from, to, held.site(), site));
                return;
            }
            throw new LockUsageException(
                    LockFault.ORDER_INVERSION,
                    wanted.toString(),
                    wanted.holderNameOrNull(),
                    explanation(path, held, wanted, site));
        }
    }

    /** Returns a shortest way along the edges, breadth first. */
    private static @Nullable List<Edge> pathOrNull(Node from, Node to) {
        Map<Node, Edge> reachedBy = new HashMap<>();
        Deque<Node> queue = new ArrayDeque<>(List.of(from));
        while (!queue.isEmpty()) {
            for (Edge edge : queue.remove().next.values()) {
                if (edge.to == from || reachedBy.putIfAbsent(edge.to, edge) != null) {
                    continue;
                }
                if (edge.to == to) {
                    return wayBack(reachedBy, from, edge);
                }
                queue.add(edge.to);
            }
        }
        return null;
    }

    private static List<Edge> wayBack(Map<Node, Edge> reachedBy, Node from, Edge last) {
        List<Edge> path = new ArrayList<>();
        Edge edge = last;
        while (edge != null) {
            path.add(edge);
            edge = edge.from == from ? null : reachedBy.get(edge.from);
        }
        Collections.reverse(path);
        return path;
    }

    private static String explanation(
            List<Edge> path, HeldLocks.Held held, TrackedLock wanted, AcquisitionSite site) {
        LockClass holds = held.lock().lockClass();
        LockClass wants = wanted.lockClass();
        StringBuilder text = new StringBuilder();
        text.append("%s is taken under %s here, and before it there\n".formatted(wants, holds));
        text.append(drawing(path));
        for (Edge edge : path) {
            String from = edge.from.lockClass.name();
            text.append(edge.held.render("earlier, %s was taken".formatted(from)));
            text.append(edge.taken.render("and %s under it".formatted(edge.to.lockClass.name())));
        }
        text.append(held.site().render("now, %s was taken".formatted(holds)));
        text.append(site.render("and %s is asked for under it".formatted(wants)));
        return text.toString();
    }

    /** Returns the cycle that {@code path} and the way back from its end to its beginning make. */
    private static String drawing(List<Edge> path) {
        StringBuilder names = new StringBuilder("    ").append(path.getFirst().from.lockClass);
        for (Edge edge : path) {
            names.append(" ---> ").append(edge.to.lockClass);
        }
        int firstColumn = 4;
        int lastColumn = names.length() - path.getLast().to.lockClass.name().length();
        int between = lastColumn - firstColumn - 1;
        String margin = " ".repeat(firstColumn);
        return names
                + "\n"
                + (margin + "^" + " ".repeat(between) + "|\n")
                + (margin + "+" + "-".repeat(between) + "+\n");
    }

    /**
     * Notes that a lock is taken by an interrupt handler, or where one could come in.
     *
     * @param handler which of both
     * @throws LockUsageException if the other one was noted before; this one is not, then
     */
    static void noteInterruptUse(TrackedLock lock, boolean handler, AcquisitionSite site) {
        Node node = lock.node;
        if ((handler ? node.inInterrupt : node.interruptible) != null) {
            return;
        }
        synchronized (node) {
            AcquisitionSite other = handler ? node.interruptible : node.inInterrupt;
            if (other == null) {
                if (handler) {
                    node.inInterrupt = site;
                } else {
                    node.interruptible = site;
                }
                return;
            }
            String first = "first, it was taken ";
            String now = "now, it is taken ";
            throw new LockUsageException(
                    LockFault.INTERRUPT_USE,
                    lock.toString(),
                    lock.holderNameOrNull(),
                    "interrupt handlers take locks of this class, so all others have to take them"
                            + " with lockIrqSave\n"
                            + other.render(first + (handler ? "interruptible" : "by a handler"))
                            + site.render(now + (handler ? "by a handler" : "interruptible")));
        }
    }
}
