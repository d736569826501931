// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The runs that a heap holds, beside a set of the JDK. */
class RunSetTest {
    private static final int STEPS = 200_000;

    @Test
    void addsAndRemovalsAreThoseOfASet() {
        long seed = Long.getLong("seed", 7);
        Random random = new Random(seed);
        RunSet runs = new RunSet();
        Set<Long> model = new HashSet<>();
        for (int step = 0; step < STEPS; step++) {
            // Few addresses, so that most are met again; now and then nearly all go.
            long address = (1 + random.nextInt(step % 10_000 < 5_000 ? 600 : 40)) * 4096L;
            if (model.contains(address)) {
                assertThat(runs.remove(address)).as("seed %d, step %d", seed, step).isTrue();
                model.remove(address);
            } else {
                assertThat(runs.remove(address)).as("seed %d, step %d", seed, step).isFalse();
                runs.add(address);
                model.add(address);
            }
            assertThat(runs.size()).isEqualTo(model.size());
        }
        long[] all = Arrays.stream(runs.takeAll()).filter(run -> run != 0).toArray();
        assertThat(all).hasSize(model.size());
        assertThat(Arrays.stream(all).boxed()).containsExactlyInAnyOrderElementsOf(model);
        assertThat(runs.size()).isZero();
        assertThat(runs.remove(4096)).isFalse();
    }
}
