// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/**
 * Random calls on a tree of heaps, beside a model that only adds. Blocks are of whole pages and
 * large, so that what a heap must hold is known; decay is immediate, so that nothing is kept.
 */
class BudgetProperties {
    private static final long PAGE = 4096;
    private static final long MIN_PAGES = 9; // more than a size class holds
    private static final long TREE_PAGES = 2000;
    private static final int STEPS = Boolean.getBoolean("stress") ? 200_000 : 4_000;

    /** A heap of the model. */
    private static final class Node {
        final Heap heap;
        final @Nullable Node parent;
        final long limit;
        final long reserved;
        final List<Node> children = new ArrayList<>();
        final Map<Long, Long> blocks = new HashMap<>();
        long peak;

        Node(Heap heap, @Nullable Node parent, long limit, long reserved) {
            this.heap = heap;
            this.parent = parent;
            this.limit = limit;
            this.reserved = reserved;
        }

        long own() {
            return blocks.values().stream().mapToLong(Long::longValue).sum();
        }

        long held() {
            return own() + children.stream().mapToLong(Node::held).sum();
        }

        long charged() {
            return own() + children.stream().mapToLong(Node::charge).sum();
        }

        long charge() {
            return Math.max(reserved, charged());
        }

        boolean isWithinLimits() {
            return charged() <= limit && (parent == null || parent.isWithinLimits());
        }

        void notePeaks() {
            peak = Math.max(peak, charged());
            if (parent != null) {
                parent.notePeaks();
            }
        }

        HeapBudget expected(String name) {
            return new HeapBudget(
                    name,
                    limit * PAGE,
                    reserved * PAGE,
                    own() * PAGE,
                    held() * PAGE,
                    charged() * PAGE,
                    peak * PAGE,
                    parent == null ? 0 : charge() * PAGE);
        }
    }

    @RepeatedTest(6)
    @DisplayName(
            "M-10 B-03 every account is what a plain model says, and refusals are its refusals")
    void accountsAreThoseOfTheModel(RepetitionInfo repetition) {
        long seed = Long.getLong("seed", repetition.getCurrentRepetition());
        try (Heap top =
                Heap.builder()
                        .capacityBytes(4 * TREE_PAGES * PAGE)
                        .limitBytes(TREE_PAGES * PAGE)
                        .decay(Duration.ZERO)
                        .build()) {
            Run run = new Run(new Random(seed), new Node(top, null, TREE_PAGES, 0));
            for (int step = 0; step < STEPS; step++) {
                try {
                    run.step();
                    run.check();
                } catch (AssertionError | RuntimeException failure) {
                    throw new AssertionError("seed " + seed + ", step " + step, failure);
                }
            }
            assertThat(run.refusals).isGreaterThan(STEPS / 100);
            assertThat(run.moves).isGreaterThan(STEPS / 100);
        }
    }

    private static final class Run {
        private final Random random;
        private final List<Node> nodes = new ArrayList<>();
        private int refusals;
        private int moves;

        Run(Random random, Node top) {
            this.random = random;
            nodes.add(top);
        }

        private Node anyNode() {
            return nodes.get(random.nextInt(nodes.size()));
        }

        private long anyBlock(Node node) {
            int index = random.nextInt(node.blocks.size());
            return new ArrayList<>(node.blocks.keySet()).get(index);
        }

        void step() {
            Node node = anyNode();
            int kind = random.nextInt(100);
            if (kind < 8) {
                makeChild(node);
            } else if (kind < 11 && node.parent != null) {
                close(node);
            } else if (kind < 50) {
                allocate(node);
            } else if (!node.blocks.isEmpty()) {
                if (kind < 70) {
                    move(node, anyNode());
                } else if (kind < 80) {
                    resize(node);
                } else {
                    long block = anyBlock(node);
                    node.heap.free(block);
                    node.blocks.remove(block);
                }
            }
        }

        private void makeChild(Node node) {
            long reserved = random.nextInt(3) == 0 ? random.nextLong(TREE_PAGES / 4) : 0;
            long limit = reserved + random.nextLong(TREE_PAGES);
            ChildHeapBuilder builder =
                    node.heap
                            .child()
                            .name("x")
                            .limitBytes(limit * PAGE + 7)
                            .reservationBytes(reserved * PAGE);
            Node expected = new Node(node.heap, node, limit, reserved);
            node.children.add(expected);
            if (node.isWithinLimits()) {
                Node made = new Node(builder.build(), node, limit, reserved);
                node.children.set(node.children.size() - 1, made);
                nodes.add(made);
                node.notePeaks();
            } else {
                node.children.remove(expected);
                refusals++;
                assertThatThrownBy(builder::build).isInstanceOf(ReservationRefusedException.class);
            }
        }

        private void close(Node node) {
            node.heap.close();
            node.parent.children.remove(node);
            forget(node);
        }

        private void forget(Node node) {
            nodes.remove(node);
            node.children.forEach(this::forget);
        }

        private void allocate(Node node) {
            long pages = MIN_PAGES + random.nextLong(1 + TREE_PAGES / 12);
            node.blocks.put(0L, pages);
            boolean fits = node.isWithinLimits();
            node.blocks.remove(0L);
            long block = node.heap.malloc(pages * PAGE);
            // That there is no run of so many pages in four times the limit can't be.
            assertThat(block != 0).isEqualTo(fits);
            if (fits) {
                node.blocks.put(block, pages);
                node.notePeaks();
            } else {
                refusals++;
            }
        }

        private void resize(Node node) {
            long block = anyBlock(node);
            long before = node.blocks.get(block);
            long pages = MIN_PAGES + random.nextLong(1 + TREE_PAGES / 12);
            node.blocks.put(block, Math.max(before, pages));
            if (node.isWithinLimits()) {
                node.notePeaks(); // it was tried where it lies, and counted before that
            }
            node.blocks.put(block, before);
            long moved = node.heap.realloc(block, pages * PAGE);
            if (moved == 0) {
                assertThat(pages).isGreaterThan(before);
                refusals++;
                return;
            }
            if (moved != block) {
                node.blocks.put(0L, pages); // both were there for a moment
                node.notePeaks();
                node.blocks.remove(0L);
                node.blocks.remove(block);
            }
            node.blocks.put(moved, pages);
            node.notePeaks();
            assertThat(node.isWithinLimits()).isTrue();
        }

        private void move(Node from, Node to) {
            long block = anyBlock(from);
            long pages = from.blocks.remove(block);
            to.blocks.put(block, pages);
            boolean fits = from == to || to.isWithinLimits();
            assertThat(from.heap.transferTo(block, to.heap)).isEqualTo(fits ? block : 0);
            if (fits) {
                moves++;
                to.notePeaks();
            } else {
                refusals++;
                to.blocks.remove(block);
                from.blocks.put(block, pages);
            }
        }

        void check() {
            for (Node node : nodes) {
                HeapBudget budget = node.heap.budget();
                assertThat(budget).isEqualTo(node.expected(budget.name()));
                assertThat(node.heap.statistics().heldBytes()).isEqualTo(node.own() * PAGE);
                assertThat(node.heap.statistics().liveBlocks()).isEqualTo(node.blocks.size());
            }
        }
    }
}
