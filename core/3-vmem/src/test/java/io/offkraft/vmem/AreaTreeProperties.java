// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The tree of areas against an array of pages that says what each one is. */
class AreaTreeProperties {
    private static final int PAGES = 96;

    private static final List<Protection> PROTECTIONS = List.of(Protection.values());
    private static final int RUNS = Boolean.getBoolean("stress") ? 100_000 : 300;

    @Test
    @DisplayName("V-01 V-07 random changes leave what an array of pages says")
    void treeEqualsAnArrayOfPages() {
        final long seed = Long.getLong("seed", System.nanoTime());
        for (int run = 0; run < RUNS; run++) {
            runOnce(seed + run);
        }
    }

    private static void runOnce(long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final @Nullable Protection[] pages = new Protection[PAGES];
        AreaTree tree = AreaTree.empty();
        for (int step = 0; step < 100; step++) {
            final int from = random.nextInt(PAGES);
            final int to =
                    from + 1 + random.nextInt(Math.min(PAGES - from, 1 << random.nextInt(6)));
            final Protection what =
                    random.nextInt(3) == 0 ? null : PROTECTIONS.get(random.nextInt(3));
            tree = what == null ? tree.without(from, to) : tree.with(area(from, to, what));
            Arrays.fill(pages, from, to, what);
            tree.validate(0, PAGES);
            assertThat(tree.all()).isEqualTo(areas(pages, 0, PAGES));
            final int low = random.nextInt(PAGES);
            final int high = low + random.nextInt(PAGES - low + 1);
            assertThat(tree.within(low, high)).isEqualTo(areas(pages, low, high));
            assertThat(tree.firstHoleOrMinus1(low, high))
                    .isEqualTo(firstFit(pages, low, high, 1, 1));
            final int bytes = 1 + random.nextInt(8);
            final int alignment = 1 << random.nextInt(4);
            assertThat(tree.firstFitOrMinus1(low, high, bytes, alignment))
                    .as("seed %d: %d pages at %d in [%d, %d)", seed, bytes, alignment, low, high)
                    .isEqualTo(firstFit(pages, low, high, bytes, alignment));
            assertThat(tree.largestHole(low, high)).isEqualTo(largestHole(pages, low, high));
            checkLooks(tree, pages, low);
        }
    }

    private static void checkLooks(AreaTree tree, @Nullable Protection[] pages, int page) {
        final Area at = tree.at(page);
        assertThat(at == null ? null : at.protection()).isEqualTo(pages[page]);
        final List<Area> rest = areas(pages, page, PAGES);
        final Area next = tree.atOrAfter(page);
        if (rest.isEmpty()) {
            assertThat(next).isNull();
        } else {
            assertThat(next).isNotNull();
            assertThat(next.end()).isEqualTo(rest.get(0).end());
        }
    }

    private static Area area(long from, long to, Protection protection) {
        return new Area(from, to, Area.Kind.ANONYMOUS, protection);
    }

    private static List<Area> areas(@Nullable Protection[] pages, int low, int high) {
        final List<Area> areas = new ArrayList<>();
        int from = low;
        while (from < high) {
            final Protection what = pages[from];
            int to = from + 1;
            while (to < high && pages[to] == what) {
                to++;
            }
            if (what != null) {
                areas.add(area(from, to, what));
            }
            from = to;
        }
        return areas;
    }

    private static long firstFit(
            @Nullable Protection[] pages, int low, int high, int bytes, int alignment) {
        for (int at = low; at + bytes <= high; at++) {
            boolean fits = at % alignment == 0;
            for (int page = at; fits && page < at + bytes; page++) {
                fits = pages[page] == null;
            }
            if (fits) {
                return at;
            }
        }
        return -1;
    }

    private static long largestHole(@Nullable Protection[] pages, int low, int high) {
        long largest = 0;
        long hole = 0;
        for (int page = low; page < high; page++) {
            hole = pages[page] == null ? hole + 1 : 0;
            largest = Math.max(largest, hole);
        }
        return largest;
    }
}
