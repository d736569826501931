// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PerCpuTest {
    private int place;

    @Test
    void eachPlaceHasAnObjectMadeOnceAndInOrder() {
        List<Integer> made = new ArrayList<>();
        PerCpu<String> names =
                new PerCpu<>(
                        () -> place,
                        4,
                        number -> {
                            made.add(number);
                            return "place " + number;
                        });
        assertThat(made).containsExactly(0, 1, 2, 3);
        assertThat(names.places()).isEqualTo(4);
        assertThat(names.all()).containsExactly("place 0", "place 1", "place 2", "place 3");
        place = 6;
        assertThat(names.current()).isEqualTo("place 2").isSameAs(names.at(2));
        place = -1;
        assertThat(names.current()).isEqualTo("place 3");
    }

    @Test
    void byDefaultThereIsOneForEachCpu() {
        PerCpu<Integer> numbers = new PerCpu<>(CpuLocator.byThread(), number -> number);
        assertThat(numbers.places()).isEqualTo(PaddedLongs.placesByCpu());
        assertThat(new PerCpuLongs(CpuLocator.byThread()).places()).isEqualTo(numbers.places());
    }

    @Test
    void wrongArgumentsAreRefused() {
        assertThatThrownBy(() -> new PerCpu<>(() -> 0, 3, number -> number))
                .isInstanceOf(IllegalArgumentException.class);
        PerCpu<Integer> numbers = new PerCpu<>(() -> 0, 2, number -> number);
        assertThatThrownBy(() -> numbers.at(2)).isInstanceOf(IndexOutOfBoundsException.class);
        PerCpuLongs longs = new PerCpuLongs(() -> 0, 2);
        assertThatThrownBy(() -> longs.loadAcquire(2))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> longs.storeRelease(-1, 0))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void wordsOfPlacesAreIndependent() {
        PerCpuLongs longs = new PerCpuLongs(() -> place, 4);
        for (place = 0; place < 4; place++) {
            assertThat(longs.current()).isEqualTo(place);
            assertThat(longs.getAndAddAcqRel(10L + place)).isZero();
        }
        assertThat(longs.getAndAddAcqRel(1, 5)).isEqualTo(11);
        assertThat(longs.getAndSetAcqRel(2, 7)).isEqualTo(12);
        assertThat(longs.casAcqRel(3, 12, 0)).isFalse();
        assertThat(longs.casAcqRel(3, 13, 9)).isTrue();
        longs.storeRelease(0, Long.MIN_VALUE);
        assertThat(
                        new long[] {
                            longs.loadAcquire(0),
                            longs.loadAcquire(1),
                            longs.loadAcquire(2),
                            longs.loadAcquire(3)
                        })
                .containsExactly(Long.MIN_VALUE, 16, 7, 9);
    }
}
