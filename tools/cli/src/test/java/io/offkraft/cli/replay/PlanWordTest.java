// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.cli.trace.Operation;
import org.junit.jupiter.api.Test;

class PlanWordTest {
    @Test
    void everyFieldComesBackWhateverTheOthersAre() {
        for (Operation operation : Operation.values()) {
            for (long size : new long[] {0, 1, 4096, 1L << 47}) {
                for (int alignLog2 : new int[] {0, 4, 30}) {
                    long word = PlanWord.of(operation, size, alignLog2, size == 4096);
                    assertFields(word, operation, size, alignLog2);
                    assertThat(PlanWord.awaits(word)).isFalse();
                    assertThat(PlanWord.publishes(word)).isFalse();

                    long both = PlanWord.publishing(PlanWord.awaiting(word));
                    assertFields(both, operation, size, alignLog2);
                    assertThat(PlanWord.awaits(both)).isTrue();
                    assertThat(PlanWord.publishes(both)).isTrue();
                    assertThat(PlanWord.publishes(PlanWord.awaiting(word))).isFalse();
                }
            }
        }
    }

    private static void assertFields(long word, Operation operation, long size, int alignLog2) {
        assertThat(PlanWord.code(word)).isEqualTo(operation.code() - 1);
        assertThat(PlanWord.sizeBytes(word)).isEqualTo(size);
        assertThat(PlanWord.alignLog2(word)).isEqualTo(alignLog2);
        assertThat(PlanWord.touches(word)).isEqualTo(size == 4096);
    }
}
