// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.word;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PageOrderTest {
    @ParameterizedTest
    @CsvSource({
        "1, 0, 0",
        "2, 1, 1",
        "3, 2, 1",
        "4, 2, 2",
        "5, 3, 2",
        "1023, 10, 9",
        "1024, 10, 10",
        "1025, 11, 10",
        "4611686018427387904, 62, 62",
        "4611686018427387903, 62, 61",
    })
    void coveringOrderHoldsThePagesAndFittingOrderIsHeld(long pages, int covering, int fitting) {
        assertThat(PageOrder.covering(pages)).isEqualTo(covering);
        assertThat(PageOrder.fitting(pages)).isEqualTo(fitting);
    }

    @Test
    void ordersAreTheTightestOnes() {
        for (long pages = 1; pages < 5_000; pages++) {
            final int covering = PageOrder.covering(pages);
            final int fitting = PageOrder.fitting(pages);
            assertThat(PageOrder.pages(covering)).isGreaterThanOrEqualTo(pages);
            assertThat(PageOrder.pages(covering) / 2).isLessThan(pages);
            assertThat(PageOrder.pages(fitting)).isLessThanOrEqualTo(pages);
            assertThat(PageOrder.pages(fitting + 1)).isGreaterThan(pages);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "1, 1",
        "4095, 1",
        "4096, 1",
        "4097, 2",
        "9223372036854775807, 2251799813685248",
    })
    void bytesAreRoundedUpToPagesWithoutOverflow(long bytes, long pages) {
        assertThat(PageOrder.pagesHolding(bytes)).isEqualTo(pages);
    }
}
