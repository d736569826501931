// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How often threads touch atomically what others may touch; each run is a JVM of its own. */
@Tag("own-jvm")
class SharedAtomicsTest {
    private static final int THREADS = 64;

    @ParameterizedTest
    @ValueSource(strings = {"pairs", "slots"})
    @DisplayName(
            "B-14 with contention high, 64 threads do an atomic operation in twenty pairs at most")
    void almostNoneWithManyThreads(String work) throws Exception {
        List<String> counted = counted("high", work, 1_000_000);
        assertThat(ratio(counted)).as("%s", counted).isLessThanOrEqualTo(0.05);
    }

    @Test
    @DisplayName("B-14 a block that another thread frees costs two atomic operations at most")
    void fewForABlockThatAnotherFrees() throws Exception {
        List<String> counted = counted("high", "handover", 200_000);
        // One marks it, and some are shared by the blocks of a word of marks.
        assertThat(ratio(counted)).as("%s", counted).isBetween(1.0, 2.0);
    }

    @Test
    @DisplayName("negative control: locks that 64 threads share for want of stripes are counted")
    void sharedLocksAreCounted() throws Exception {
        List<String> counted = counted("low", "pairs", 100_000);
        assertThat(ratio(counted)).as("%s", counted).isGreaterThan(0.5);
        assertThat(counted).anyMatch(line -> line.endsWith(" SpinLock of Stripe"));
    }

    @Test
    @DisplayName("M-09 with contention high, what is kept does not grow with more platform threads")
    void cachesAreBounded() throws Exception {
        // 128 stripes that a thread may own, and those of CPUs, with a slab of every size class
        // each, 9.64 MB. How much of that is met depends on what else the machine does; 480 stripes
        // might have 4.6 GB.
        assertThat(keptBytes(480)).isBetween(1L, 132 * 9_640_000L);
    }

    private static List<String> counted(String contention, String work, int blocks)
            throws Exception {
        return new ChildJvm(
                        "-Doffkraft.contention=" + contention,
                        "-Doffkraft.synchronization=auto",
                        "-Doffkraft.debug.atomics=true")
                .run(AtomicsProbe.class, work, Integer.toString(THREADS), Integer.toString(blocks));
    }

    private static double ratio(List<String> counted) {
        return Double.parseDouble(counted.getFirst());
    }

    private static long keptBytes(int threads) throws Exception {
        List<String> kept =
                new ChildJvm("-Doffkraft.contention=high")
                        .run(KeptBytesProbe.class, Integer.toString(threads));
        return Long.parseLong(kept.getLast());
    }
}
