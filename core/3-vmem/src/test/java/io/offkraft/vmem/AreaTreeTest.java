// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.word.PageOrder;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("without-locks")
class AreaTreeTest {
    private static final long PAGE = PageOrder.PAGE_BYTES;

    private static Area reserved(long start, long end) {
        return new Area(start, end, Area.Kind.RESERVED, Protection.NONE);
    }

    private static Area anonymous(long start, long end) {
        return new Area(start, end, Area.Kind.ANONYMOUS, Protection.READ_WRITE);
    }

    @Test
    void emptyTreeIsOneHole() {
        final AreaTree tree = AreaTree.empty();
        assertThat(tree.at(0)).isNull();
        assertThat(tree.atOrAfter(0)).isNull();
        assertThat(tree.all()).isEmpty();
        assertThat(tree.firstFitOrMinus1(3, 100, 5, 4)).isEqualTo(4);
        assertThat(tree.largestHole(3, 100)).isEqualTo(97);
        assertThat(tree.without(0, 100)).isSameAs(tree);
    }

    @Test
    @DisplayName("V-01 an area merges with equal neighbours on both sides, and with no others")
    void areaMergesWithEqualNeighbours() {
        final AreaTree sides = AreaTree.empty().with(reserved(0, 10)).with(reserved(20, 30));
        assertThat(sides.with(reserved(10, 20)).all()).containsExactly(reserved(0, 30));
        assertThat(sides.with(anonymous(10, 20)).all())
                .containsExactly(reserved(0, 10), anonymous(10, 20), reserved(20, 30));
        assertThat(sides.with(reserved(10, 19)).all())
                .containsExactly(reserved(0, 19), reserved(20, 30));
        assertThat(sides.with(reserved(11, 20)).all())
                .containsExactly(reserved(0, 10), reserved(11, 30));
        assertThat(sides.all()).as("the old tree").hasSize(2);
    }

    @Test
    void areaInTheMiddleOfAnotherSplitsIt() {
        final AreaTree tree = AreaTree.empty().with(reserved(0, 100)).with(anonymous(40, 60));
        assertThat(tree.all())
                .containsExactly(reserved(0, 40), anonymous(40, 60), reserved(60, 100));
        assertThat(tree.committedBytes()).isEqualTo(20);
        assertThat(tree.without(50, 80).all())
                .containsExactly(reserved(0, 40), anonymous(40, 50), reserved(80, 100));
        assertThat(tree.within(30, 50)).containsExactly(reserved(30, 40), anonymous(40, 50));
    }

    @Test
    @DisplayName("V-17 holes at the top of what a long can say are found without overflow")
    void holesNearTheLargestAddress() {
        final long top = Long.MAX_VALUE;
        final AreaTree tree = AreaTree.empty().with(reserved(top - 100, top - 50));
        assertThat(tree.firstFitOrMinus1(top - 100, top, 50, 1)).isEqualTo(top - 50);
        assertThat(tree.firstFitOrMinus1(top - 100, top, 51, 1)).isEqualTo(-1);
        assertThat(tree.firstFitOrMinus1(top - 100, top, 10, 1L << 62)).isEqualTo(-1);
        assertThat(tree.largestHole(top - 100, top)).isEqualTo(50);
    }

    @Test
    @DisplayName(
            "V-18 a million areas (a quarter of it if quick) are found, mapped and unmapped along short ways")
    void millionAreas() {
        final int count = Boolean.getBoolean("stress") ? 1_000_000 : 250_000;
        AreaTree tree = AreaTree.empty();
        for (int i = 0; i < count; i++) {
            tree = tree.with(anonymous(i * 3L * PAGE, (i * 3L + 2) * PAGE)); // gaps of a page
        }
        assertThat(tree.count()).isEqualTo(count);
        assertThat(tree.committedBytes()).isEqualTo(2L * count * PAGE);
        checkHeight(tree);
        final long last = (3L * count - 3) * PAGE;
        assertThat(tree.at(last)).isEqualTo(anonymous(last, last + 2 * PAGE));
        assertThat(tree.firstFitOrMinus1(0, 4L * count * PAGE, 2 * PAGE, PAGE))
                .isEqualTo((3L * count - 1) * PAGE);
        final long gap = (3L * count / 2 + 1) * PAGE;
        final AreaTree opened = tree.without(gap, gap + 2 * PAGE);
        assertThat(opened.firstFitOrMinus1(0, 4L * count * PAGE, 2 * PAGE, PAGE)).isEqualTo(gap);
        assertThat(opened.largestHole(0, 3L * count * PAGE)).isEqualTo(2 * PAGE);
        AreaTree fewer = tree;
        for (int i = 0; i < count; i++) {
            if (i % 1000 != 0) {
                fewer = fewer.without(i * 3L * PAGE, (i * 3L + 2) * PAGE);
            }
        }
        assertThat(fewer.count()).isEqualTo(count / 1000);
        checkHeight(fewer);
        fewer.validate(0, 3L * count * PAGE);
        assertThat(tree.count()).as("the tree of before").isEqualTo(count);
    }

    @Test
    @DisplayName("V-18 a tree of thousands is right after each of thousands of random changes")
    void largeTreeStaysRight() {
        final int pages = 1 << 15;
        final SplittableRandom random = new SplittableRandom(18);
        final BitSet mapped = new BitSet(pages);
        AreaTree tree = AreaTree.empty();
        for (int step = 0; step < 60_000; step++) {
            final int from = random.nextInt(pages);
            // Waves: it grows to thousands of areas, and shrinks to none, in several heights.
            final boolean grows = (step / 10_000) % 2 == 0;
            final int length = grows ? 1 : 1 + random.nextInt(1 << random.nextInt(9));
            final int to = Math.min(pages, from + length);
            mapped.set(from, to, grows);
            tree =
                    grows
                            ? tree.with(anonymous(from * PAGE, to * PAGE))
                            : tree.without(from * PAGE, to * PAGE);
            if (step % 64 == 0) {
                checkAgainst(mapped, tree, pages, random);
            }
        }
        checkAgainst(mapped, tree, pages, random);
    }

    private static void checkAgainst(
            BitSet mapped, AreaTree tree, int pages, SplittableRandom random) {
        tree.validate(0, pages * PAGE);
        checkHeight(tree);
        int areas = 0;
        int largestHole = 0;
        for (int at = 0; at < pages; ) {
            final int start = mapped.nextSetBit(at);
            final int hole = (start < 0 ? pages : start) - at;
            largestHole = Math.max(largestHole, hole);
            areas += start < 0 ? 0 : 1;
            at = start < 0 ? pages : mapped.nextClearBit(start);
        }
        assertThat(tree.count()).isEqualTo(areas);
        assertThat(tree.committedBytes()).isEqualTo(mapped.cardinality() * PAGE);
        assertThat(tree.largestHole(0, pages * PAGE)).isEqualTo(largestHole * PAGE);
        final int page = random.nextInt(pages);
        assertThat(tree.at(page * PAGE) != null).isEqualTo(mapped.get(page));
        final Area next = tree.atOrAfter(page * PAGE);
        final int nextPage = mapped.nextSetBit(page);
        assertThat(next == null ? -1 : Math.max(page, next.start() / PAGE)).isEqualTo(nextPage);
    }

    /** Two nodes side by side have sixteen entries at least, but at the right edge. */
    private static void checkHeight(AreaTree tree) {
        assertThat(tree.height())
                .isLessThanOrEqualTo(2 + (int) (Math.log(tree.count()) / Math.log(8)));
    }

    @Test
    @DisplayName("V-07 who reads while another changes the areas sees one moment of them")
    void readerSeesOneMoment() throws InterruptedException {
        final AtomicReference<AreaTree> published = new AtomicReference<>(AreaTree.empty());
        final AtomicBoolean stop = new AtomicBoolean();
        final List<Throwable> failures = new ArrayList<>();
        final Thread reader =
                new Thread(() -> {
                    while (!stop.get()) {
                        published.get().validate(0, 1 << 20);
                    }
                });
        reader.setUncaughtExceptionHandler((_, thrown) -> failures.add(thrown));
        reader.start();
        final SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 20_000; i++) {
            final long from = random.nextLong(1 << 20);
            final long to = Math.min(1 << 20, from + 1 + random.nextLong(1 << 12));
            final AreaTree now = published.get();
            published.set(
                    switch (random.nextInt(3)) {
                        case 0 -> now.with(reserved(from, to));
                        case 1 -> now.with(anonymous(from, to));
                        default -> now.without(from, to);
                    });
        }
        stop.set(true);
        reader.join();
        assertThat(failures).isEmpty();
        assertThat(published.get().count()).isPositive();
    }

    @Test
    void validationFindsAreasOutsideOfTheRange() {
        final AreaTree tree = AreaTree.empty().with(reserved(0, 10));
        tree.validate(0, 10);
        assertThatThrownBy(() -> tree.validate(1, 10))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("is outside");
        assertThatThrownBy(() -> AreaTree.empty().with(reserved(5, 5)).validate(0, 10))
                .hasMessageContaining("is empty");
    }
}
