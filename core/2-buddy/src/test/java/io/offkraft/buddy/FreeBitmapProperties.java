// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.Random;
import java.util.TreeSet;
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
}
