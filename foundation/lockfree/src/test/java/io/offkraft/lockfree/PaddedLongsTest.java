// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PaddedLongsTest {
    private static final int LINE_BYTES = 64;
    private static final int OBJECT_ALIGNMENT_BYTES = 8;

    /** Whether two words are on one aligned unit of memory, if the array begins at {@code base}. */
    private static boolean meet(long base, int one, int other, int unitBytes) {
        long oneAddress = base + ((long) one * Long.BYTES);
        long otherAddress = base + ((long) other * Long.BYTES);
        return oneAddress / unitBytes == otherAddress / unitBytes;
    }

    private static boolean meetSomewhere(int one, int other, int unitBytes) {
        boolean met = false;
        for (long base = 0; base < unitBytes; base += OBJECT_ALIGNMENT_BYTES) {
            met |= meet(base, one, other, unitBytes);
        }
        return met;
    }

    @Test
    @DisplayName("words share no line and no pair of lines, wherever the array lies")
    void wordsShareNoLine() {
        int words = 16;
        for (int word = 1; word < words; word++) {
            int before = PaddedLongs.index(word - 1);
            int index = PaddedLongs.index(word);
            assertThat(meetSomewhere(before, index, LINE_BYTES)).isFalse();
            assertThat(meetSomewhere(before, index, 2 * LINE_BYTES)).isFalse();
            // The second count of a place, beside the first: not on the line of the next place.
            assertThat(meetSomewhere(before + 1, index, LINE_BYTES)).isFalse();
        }
    }

    @Test
    @DisplayName("nor with what lies before and after the array")
    void neighboursOfTheArrayAreFar() {
        int words = 4;
        int length = PaddedLongs.of(words).length;
        assertThat(meetSomewhere(-1, PaddedLongs.index(0), LINE_BYTES)).isFalse();
        assertThat(meetSomewhere(length, PaddedLongs.index(words - 1) + 1, LINE_BYTES)).isFalse();
        assertThat(PaddedLongs.index(words)).isLessThan(length);
    }

    @Test
    @DisplayName("negative control: neighbours in an array do share a line")
    void neighboursShareALine() {
        assertThat(meetSomewhere(0, 1, LINE_BYTES)).isTrue();
        assertThat(meetSomewhere(0, LINE_BYTES / Long.BYTES, 2 * LINE_BYTES)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 2", "3, 4", "8, 8", "9, 16", "1023, 1024", "1024, 1024", "5000, 1024"})
    void placesAreAPowerOfTwoAndBounded(int count, int places) {
        assertThat(PaddedLongs.placesFor(count)).isEqualTo(places);
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 3, 6, 2048, Integer.MAX_VALUE})
    void otherNumbersOfPlacesAreRefused(int places) {
        assertThatThrownBy(() -> PaddedLongs.checked(places))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[1, 1024]: " + places);
    }

    @Test
    void thereIsAPlaceForEachCpuAndMoreForThreads() {
        int cpus = Runtime.getRuntime().availableProcessors();
        assertThat(PaddedLongs.placesByCpu()).isBetween(Math.min(cpus, 1024), 2 * cpus);
        assertThat(PaddedLongs.placesByThread()).isBetween(8, 1024);
    }
}
