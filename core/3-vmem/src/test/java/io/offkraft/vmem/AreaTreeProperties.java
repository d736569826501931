// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.word.PageOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The tree of areas against an array of pages that says what each one is. */
class AreaTreeProperties {
    /** The tree knows nothing about pages: here, one is a byte long. */
    private static final int PAGES = 96;

    /** The bottom of all addresses, the top of a process's, and the top of what a long can say. */
    private static final long[] BASES = {0, (1L << 47) - PAGES, Long.MAX_VALUE - PAGES};

    private static final int STEPS = 100;
    private static final int RUNS = Boolean.getBoolean("stress") ? 100_000 : 300;

    /** What changes a tree: the tree itself, or a twin that does it wrong. */
    private interface Changes {
        default AreaTree with(AreaTree tree, Area area) {
            return tree.with(area);
        }

        default AreaTree without(AreaTree tree, long start, long end) {
            return tree.without(start, end);
        }
    }

    @Test
    @DisplayName("V-01 V-07 V-17 random changes leave what an array of pages says")
    void treeEqualsAnArrayOfPages() {
        run(new Changes() {});
    }

    @Test
    void twinThatForgetsTheRestBehindIsFound() {
        final Changes broken =
                new Changes() {
                    @Override
                    public AreaTree with(AreaTree tree, Area area) {
                        final Area last = tree.at(area.end() - 1);
                        final long end = last == null ? area.end() : last.end();
                        return tree.without(area.start(), end).with(area);
                    }
                };
        assertThatThrownBy(() -> run(broken)).isInstanceOf(AssertionError.class);
    }

    @Test
    void twinThatForgetsTheRestBeforeIsFound() {
        final Changes broken =
                new Changes() {
                    @Override
                    public AreaTree without(AreaTree tree, long start, long end) {
                        final Area first = tree.at(start);
                        return tree.without(first == null ? start : first.start(), end);
                    }
                };
        assertThatThrownBy(() -> run(broken)).isInstanceOf(AssertionError.class);
    }

    private static void run(Changes changes) {
        final long seed = Long.getLong("seed", System.nanoTime());
        try (SharedFrames frames = SharedFrames.create("tree", PageOrder.PAGE_BYTES)) {
            for (int run = 0; run < RUNS; run++) {
                try {
                    new Run(changes, frames, seed + run).run();
                } catch (AssertionError | RuntimeException failure) {
                    throw new AssertionError("-Dseed=" + (seed + run), failure);
                }
            }
        }
    }

    /** What a page is. Frames have the byte of them that is there. */
    private record Page(
            Area.Kind kind, Protection protection, @Nullable Backing backing, long offset) {
        boolean isLikeNext(@Nullable Page next) {
            return next != null
                    && next.kind == kind
                    && next.protection == protection
                    && next.backing == backing
                    && (backing == null || next.offset == offset + 1);
        }

        Area area(long start, long end) {
            return new Area(
                    start, end, kind, protection, "", PageOrder.PAGE_BYTES, backing, offset, null);
        }
    }

    /** A tree of one moment, and what it said then. */
    private record Version(AreaTree tree, List<Area> areas) {}

    private static final class Run {
        private final Changes changes;
        private final SharedFrames frames;
        private final SplittableRandom random;
        private final long base;
        private final @Nullable Page[] pages = new Page[PAGES];
        private final List<Version> versions = new ArrayList<>();
        private AreaTree tree = AreaTree.empty();

        Run(Changes changes, SharedFrames frames, long seed) {
            this.changes = changes;
            this.frames = frames;
            random = new SplittableRandom(seed);
            base = BASES[random.nextInt(BASES.length)];
        }

        void run() {
            for (int step = 0; step < STEPS; step++) {
                change();
                tree.validate(base, base + PAGES);
                final List<Area> areas = areas(0, PAGES);
                assertThat(tree.all()).isEqualTo(areas);
                assertThat(tree.count()).isEqualTo(areas.size());
                assertThat(tree.committedBytes())
                        .isEqualTo(
                                Arrays.stream(pages)
                                        .filter(page -> page != null && page.kind.hasMemory())
                                        .count());
                versions.add(new Version(tree, areas));
                checkRange();
                checkLooks(random.nextInt(PAGES));
            }
            for (Version version : versions) {
                version.tree.validate(base, base + PAGES);
                assertThat(version.tree.all()).as("an old version").isEqualTo(version.areas);
            }
        }

        private void change() {
            final int from = random.nextInt(PAGES);
            final int to =
                    from + 1 + random.nextInt(Math.min(PAGES - from, 1 << random.nextInt(6)));
            final Page first = randomPageOrNull(from);
            for (int page = from; page < to; page++) {
                pages[page] =
                        first == null || first.backing == null
                                ? first
                                : new Page(
                                        first.kind,
                                        first.protection,
                                        first.backing,
                                        first.offset + (page - from));
            }
            tree =
                    first == null
                            ? changes.without(tree, base + from, base + to)
                            : changes.with(tree, first.area(base + from, base + to));
        }

        /** Null for a hole. Frames are where their neighbours go on, or shifted by one. */
        private @Nullable Page randomPageOrNull(int page) {
            return switch (random.nextInt(6)) {
                case 0 -> new Page(Area.Kind.RESERVED, Protection.NONE, null, 0);
                case 1 -> new Page(Area.Kind.ANONYMOUS, Protection.READ, null, 0);
                case 2 -> new Page(Area.Kind.ANONYMOUS, Protection.READ_WRITE, null, 0);
                case 3 ->
                        new Page(
                                Area.Kind.FRAMES,
                                Protection.READ,
                                frames,
                                page + random.nextInt(2));
                default -> null;
            };
        }

        private void checkRange() {
            final int low = random.nextInt(PAGES);
            final int high = low + random.nextInt(PAGES - low + 1);
            final long start = base + low;
            final long end = base + high;
            assertThat(tree.within(start, end)).isEqualTo(areas(low, high));
            assertThat(tree.firstHoleOrMinus1(start, end)).isEqualTo(firstFit(low, high, 1, 1));
            final int bytes = 1 + random.nextInt(8);
            final int alignment = 1 << random.nextInt(4);
            assertThat(tree.firstFitOrMinus1(start, end, bytes, alignment))
                    .as("%d bytes at %d in [%d, %d)", bytes, alignment, low, high)
                    .isEqualTo(firstFit(low, high, bytes, alignment));
            assertThat(tree.largestHole(start, end)).isEqualTo(largestHole(low, high));
        }

        private void checkLooks(int page) {
            final Area at = tree.at(base + page);
            assertThat(at == null ? null : at.kind())
                    .isEqualTo(pages[page] == null ? null : pages[page].kind);
            final List<Area> rest = areas(page, PAGES);
            final Area next = tree.atOrAfter(base + page);
            if (rest.isEmpty()) {
                assertThat(next).isNull();
            } else {
                assertThat(next).isNotNull();
                assertThat(next.end()).isEqualTo(rest.get(0).end());
            }
        }

        private List<Area> areas(int low, int high) {
            final List<Area> areas = new ArrayList<>();
            int from = low;
            while (from < high) {
                final Page what = pages[from];
                int to = from + 1;
                if (what != null) {
                    while (to < high && pages[to - 1].isLikeNext(pages[to])) {
                        to++;
                    }
                    areas.add(what.area(base + from, base + to));
                }
                from = to;
            }
            return areas;
        }

        private long firstFit(int low, int high, int bytes, int alignment) {
            for (int at = low; at + bytes <= high; at++) {
                boolean fits = (base + at) % alignment == 0;
                for (int page = at; fits && page < at + bytes; page++) {
                    fits = pages[page] == null;
                }
                if (fits) {
                    return base + at;
                }
            }
            return -1;
        }

        private long largestHole(int low, int high) {
            long largest = 0;
            long hole = 0;
            for (int page = low; page < high; page++) {
                hole = pages[page] == null ? hole + 1 : 0;
                largest = Math.max(largest, hole);
            }
            return largest;
        }
    }
}
