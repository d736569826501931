// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openjdk.jol.info.ClassLayout;
import org.openjdk.jol.info.FieldLayout;

@Tag("without-locks")
class OwnCacheLineTest {
    @ParameterizedTest
    @ValueSource(
            classes = {
                Bin.class,
                ExchangeCount.class,
                HandUse.class,
                LargeCache.class,
                LentBlock.class,
                Magazine.class,
                Outbox.class,
                ParcelStack.class,
                Stripe.class,
                Tenure.class
            })
    @DisplayName("M-09 what a thread writes lies apart from what lies before it on the Java heap")
    void paddingComesFirst(Class<?> hot) {
        ClassLayout layout = ClassLayout.parseClass(hot);

        assertThat(layout.fields())
                .filteredOn(field -> !isPadding(field))
                .isNotEmpty()
                .allSatisfy(field ->
                        assertThat(field.offset() - layout.headerSize())
                                .as(field.name())
                                .isGreaterThanOrEqualTo(OwnCacheLine.DISTANCE_BYTES));
    }

    private static boolean isPadding(FieldLayout field) {
        return field.classShortName().equals(OwnCacheLine.class.getSimpleName());
    }
}
