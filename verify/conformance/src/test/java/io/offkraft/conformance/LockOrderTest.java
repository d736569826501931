// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The orders in which a heap takes its locks, as the lock validator sees them. */
@Tag("own-jvm")
class LockOrderTest {
    @Test
    @DisplayName("L-15 the heap's lock orders are those of docs/memory-model.md and no others")
    void ordersAreThoseOfTheMemoryModel() throws Exception {
        List<String> seen = ordersSeen("true");

        // A stripe's lock is tried before it is waited for, and only waiting makes an order: what
        // is seen of "stripes -> stripe" is luck.
        assertThat(seen)
                .contains("stripe -> slab table", "stripe -> heap tree")
                .isSubsetOf(
                        "stripe -> slab table",
                        "stripe -> heap tree",
                        "stripe -> large depot",
                        "stripes -> stripe",
                        "stripes -> heap tree",
                        "buddy -> vmem");
    }

    @Test
    @DisplayName("negative control: with the validator off nothing is seen")
    void nothingIsSeenWithTheValidatorOff() throws Exception {
        assertThat(ordersSeen("false")).isEmpty();
    }

    private static List<String> ordersSeen(String on) throws IOException, InterruptedException {
        return new ChildJvm("-Doffkraft.debug.locks=" + on).run(LockOrderProbe.class);
    }
}
