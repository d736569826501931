// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The hierarchical bitmap against a {@link TreeSet}, over sizes around every level's edge. */
class FreeBitmapProperties {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 63, 64, 65, 4095, 4096, 4097, 262_144, 262_145})
    void behavesLikeASortedSet(long bits) {
        try (Arena arena = Arena.ofConfined()) {
            var memory = arena.allocate(FreeBitmap.bytes(bits), Long.BYTES);
            FreeBitmap bitmap = new FreeBitmap(memory.address(), bits);
            TreeSet<Long> model = new TreeSet<>();
            Random random = new Random(bits);
            for (int step = 0; step < 4_000; step++) {
                long number = random.nextLong(bits);
                if (model.remove(number)) {
                    bitmap.remove(number);
                } else {
                    bitmap.add(number);
                    model.add(number);
                }
                long probe = random.nextLong(bits);
                assertThat(bitmap.contains(probe)).isEqualTo(model.contains(probe));
                assertThat(bitmap.firstOrMinus1()).isEqualTo(model.isEmpty() ? -1 : model.first());
                Long ceiling = model.ceiling(probe);
                assertThat(bitmap.firstFromOrMinus1(probe))
                        .isEqualTo(ceiling == null ? -1 : ceiling);
                assertThat(bitmap.isEmpty()).isEqualTo(model.isEmpty());
            }
            bitmap.validate();
            assertThat(bitmap.contains(-1)).isFalse();
            assertThat(bitmap.contains(bits)).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 63, 511, 513, 4097, 262_145})
    void setsOfAllOrdersAreApart(long pages) {
        long[] bits = bitsOfOrders(pages);
        OrderBitmaps layout = new OrderBitmaps(bits);
        try (Arena arena = Arena.ofConfined()) {
            // What is behind its end is another structure's.
            var memory = arena.allocate(layout.bytes() + 64, Long.BYTES);
            memory.asSlice(layout.bytes()).fill((byte) 0x5a);
            FreeBitmap[] sets = layout.at(memory.address());
            List<TreeSet<Long>> models = new ArrayList<>();
            for (int order = 0; order < sets.length; order++) {
                models.add(new TreeSet<>());
            }
            Random random = new Random(pages);
            for (int step = 0; step < 6_000; step++) {
                int order = random.nextInt(sets.length);
                long number = random.nextLong(bits[order]);
                if (models.get(order).remove(number)) {
                    sets[order].remove(number);
                } else {
                    sets[order].add(number);
                    models.get(order).add(number);
                }
            }
            for (int order = 0; order < sets.length; order++) {
                sets[order].validate();
                TreeSet<Long> model = models.get(order);
                assertThat(sets[order].firstOrMinus1())
                        .isEqualTo(model.isEmpty() ? -1 : model.first());
                for (long number = 0; number < bits[order]; number++) {
                    assertThat(sets[order].contains(number)).isEqualTo(model.contains(number));
                }
            }
            assertThat(memory.asSlice(layout.bytes()).toArray(ValueLayout.JAVA_BYTE))
                    .containsOnly(0x5a);
        }
    }

    @Test
    void aSmallPartOfALargeRegionTouchesFewPages() {
        long[] bits = bitsOfOrders(6L << 20); // 24 GiB
        OrderBitmaps layout = new OrderBitmaps(bits);
        try (Arena arena = Arena.ofConfined()) {
            var memory = arena.allocate(layout.bytes(), 4096);
            FreeBitmap[] sets = layout.at(memory.address());
            for (int order = 0; order < sets.length; order++) {
                for (long number = 0; number < 2048 >> order; number++) {
                    sets[order].add(number); // of the first 8 MiB
                }
            }
            MemorySegment zeros = arena.allocate(4096);
            long pages = 0;
            for (long page = 0; page < layout.bytes(); page += 4096) {
                MemorySegment its = memory.asSlice(page, Math.min(4096, layout.bytes() - page));
                pages += its.mismatch(zeros.asSlice(0, its.byteSize())) < 0 ? 0 : 1;
            }
            assertThat(pages).isBetween(3L, 6L);
        }
    }

    private static long[] bitsOfOrders(long pages) {
        int orders = Long.SIZE - Long.numberOfLeadingZeros(pages);
        long[] bits = new long[orders];
        Arrays.setAll(bits, order -> ((pages - 1) >> order) + 1);
        return bits;
    }
}
