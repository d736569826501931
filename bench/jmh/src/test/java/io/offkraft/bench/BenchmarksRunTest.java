// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Every benchmark runs: for a moment, in this process, without a claim about time. */
class BenchmarksRunTest {
    private static final String[] CONTESTANTS =
            Arrays.stream(Contestant.Kind.values()).map(Enum::name).toArray(String[]::new);

    /**
     * 7 allocators and what a pair takes at least, 2 tables of live blocks, a heap that grows, 3
     * ways to take pages × 4 sorts of allocator, 3 lives of a heap below another one, 5 pairs of a
     * pool, locks alone (22), left out (7) and read by two (7), and each of 17 in a contest; rings
     * alone, from one to another (6 each) and by two (4), 2 stacks alone and by two; 6 counts and 6
     * readers' sections; 2 calls of a space and bare; 4 ways to get memory touched, and pages by
     * themselves; 7 indexes of areas asked in 5 ways; 8 arenas.
     */
    private static final int RUNS =
            7
                    + 1
                    + 2
                    + 1
                    + 3 * 4
                    + 3
                    + 5
                    + 22
                    + 7
                    + 7
                    + CONTESTANTS.length
                    + 6
                    + 6
                    + 4
                    + 2 * 2
                    + 6
                    + 6
                    + 2 * 2
                    + 4
                    + 1
                    + 7 * 5
                    + 8;

    @Test
    void everyBenchmarkRuns() throws RunnerException {
        Options options =
                new OptionsBuilder()
                        .include("io.offkraft.bench")
                        .param("arenaBytes", "64")
                        .param("bytes", BlockSizes.MIXED)
                        .param("largestBytes", "1024")
                        .param("live", "4096")
                        .param("order", "3")
                        .param("areas", "100")
                        .param("lock", CONTESTANTS)
                        .param("threads", "2")
                        .param("sectionNanos", "0")
                        .param("readPercent", "50")
                        .param("millis", "10")
                        .param("mebibytes", "8")
                        .param("percent", "100")
                        .forks(0)
                        .warmupIterations(0)
                        .measurementIterations(1)
                        .measurementTime(TimeValue.milliseconds(20))
                        .shouldFailOnError(true)
                        .verbosity(VerboseMode.SILENT)
                        .build();
        assertThat(new Runner(options).run()).hasSize(RUNS);
    }
}
