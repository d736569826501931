// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.word.RawMemory;
import java.lang.foreign.Arena;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The words of pages for one thread: runs, reservations and counts. */
class PageBitsTest {
    private static final long CHUNKS = 3;
    private final Arena arena = Arena.ofConfined();

    @AfterEach
    void closeArena() {
        arena.close();
    }

    private PageBits bits(int chunkOrder) {
        long bytes = PageBits.bytes(CHUNKS, chunkOrder);
        return new PageBits(arena.allocate(bytes, Long.BYTES).address(), CHUNKS, chunkOrder);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 4, 5, 6, 9})
    void theLowestAlignedRunIsFound(int chunkOrder) {
        PageBits bits = bits(chunkOrder);
        TreeSet<Long> taken = new TreeSet<>();
        Random random = new Random(chunkOrder);
        long chunkPages = 1L << chunkOrder;
        for (int step = 0; step < 2_000; step++) {
            long page = random.nextLong(CHUNKS << chunkOrder);
            if (taken.remove(page)) {
                assertThat(bits.giveBack(page, page + 1)).isEqualTo(1);
            } else {
                assertThat(bits.take(page, page + 1)).isZero();
                taken.add(page);
            }
            int align = random.nextInt(chunkOrder + 1);
            long pages = 1 + random.nextLong(1L << align);
            long chunk = random.nextLong(CHUNKS);
            long expected = -1;
            long last = (chunk + 1) * chunkPages - pages;
            for (long at = chunk * chunkPages; at <= last && expected < 0; at += 1L << align) {
                expected = taken.subSet(at, at + pages).isEmpty() ? at : -1;
            }
            assertThat(bits.findOrMinus1(chunk, pages, align)).isEqualTo(expected);
            assertThat(bits.taken(chunk))
                    .isEqualTo(taken.subSet(chunk * chunkPages, (chunk + 1) * chunkPages).size());
        }
    }

    @Test
    void ofAReservedWordNothingIsFree() {
        PageBits bits = bits(6);
        assertThat(bits.tryReserveAndHandOut(3, 0, 2)).isTrue();
        assertThat(bits.findOrMinus1(0, 1, 0)).isEqualTo(32);
        assertThat(bits.areFree(5, 6)).isFalse();
        assertThat(bits.freeAround(5)).isZero();
        assertThat(bits.tryHandOut(5, 1)).isFalse();
        assertThat(bits.handOutLowestOrMinus1(0)).isEqualTo(32);
        assertThat(bits.isTaken(5)).isFalse();
        assertThat(bits.taken(0)).isEqualTo(3);
    }

    @Test
    void whoReservedAWordHandsOutOfIt() {
        PageBits bits = bits(6);
        assertThat(bits.handOutReservedOrMinus1(40, 1, 0)).as("not reserved").isEqualTo(-1);
        assertThat(bits.tryReserveAndHandOut(33, 0, 1)).isTrue();
        assertThat(bits.handOutReservedOrMinus1(40, 1, 0)).isEqualTo(32);
        assertThat(bits.handOutReservedOrMinus1(33, 3, 2)).isEqualTo(36);
        assertThat(bits.tryTakeReserved(39, 2)).isTrue();
        assertThat(bits.tryTakeReserved(38, 2)).isFalse();
        assertThat(bits.tryTakeReserved(2, 1)).as("not reserved").isFalse();
        assertThat(bits.handOutReservedOrMinus1(33, 32, 5)).isEqualTo(-1);
        assertThat(bits.takes(0)).isEqualTo(3);
    }

    @Test
    void pagesThatGoBackIntoAReservedWordStayCounted() {
        PageBits bits = bits(6);
        assertThat(bits.take(30, 34)).isZero();
        assertThat(bits.tryReserveAndHandOut(0, bits.word(0), 1)).isTrue();
        assertThat(bits.giveBack(30, 34)).as("those of the other word").isEqualTo(2);
        assertThat(bits.take(31, 34)).as("reserved: nothing is taken").isEqualTo(3);
        assertThat(bits.areFree(32, 64)).isTrue();
    }

    @Test
    void aRunThatFailsBehindAWordLeavesNothingTaken() {
        PageBits bits = bits(7);
        assertThat(bits.take(70, 71)).isZero();
        assertThat(bits.take(20, 80)).isEqualTo(60);
        assertThat(bits.taken(0)).isEqualTo(1);
    }

    @Test
    void takesAreCountedBeyondTheBitsOfTheWord() {
        PageBits bits = bits(5);
        long memory = arena.allocate(PageBits.bytes(1, 5), Long.BYTES).address();
        PageBits used = new PageBits(memory, 1, 5);
        long round = 1L << 30;
        for (long rounds = 1; rounds <= 4; rounds++) {
            // As if all blocks but two of this round had been handed out.
            long odd = (rounds - 1) & 1;
            RawMemory.storeLongPlain(memory, odd << 63 | (round - 2) << 33);
            for (long more = -2; more < 3; more++) {
                assertThat(used.takes(0)).isEqualTo(rounds * round + more);
                assertThat(used.handOutLowestOrMinus1(0)).isEqualTo(more + 2);
            }
        }
        assertThat(bits.takes(0)).isZero();
    }

    @Test
    void aRoundThatIsNotNotedYetCounts() {
        long word = 0;
        for (long rounds = 0; rounds < 4; rounds++) {
            word = (rounds & 1) << 63 | 5L << 33;
            assertThat(PageWord.takes(word, rounds)).isEqualTo((rounds << 30) + 5);
            if (rounds > 0) {
                assertThat(PageWord.takes(word, rounds - 1)).isEqualTo((rounds << 30) + 5);
            }
        }
        assertThat(PageWord.isReserved(word)).isFalse();
    }
}
