// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.cli.trace.Trace;
import io.offkraft.cli.trace.TraceWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplayPlanTest {
    @TempDir private Path folder = Path.of("");

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8, 64, 1000})
    void everyRecordIsDealtOnceAndThreadsKeepTheFilesOrder(int threads) {
        Trace trace = RandomTrace.of(threads, 3_000, 4).read(folder);

        ReplayPlan plan = ReplayPlan.onThreads(trace, threads);

        assertThat(plan.threads()).isEqualTo(threads);
        int[] dealt = new int[trace.records()];
        for (int thread = 0; thread < threads; thread++) {
            int[] records = plan.thread(thread).records();
            assertThat(records).isSorted();
            for (int call = 0; call < records.length; call++) {
                dealt[records[call]]++;
                assertThat(plan.thread(thread).objects()[call])
                        .isEqualTo(trace.object(records[call]));
            }
        }
        assertThat(dealt).containsOnly(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 16})
    void waitsPointBackwardToTheObjectsPredecessorWhichPublishes(int threads) {
        Trace trace = RandomTrace.of(77, 5_000, 1).read(folder);
        ReplayPlan plan = ReplayPlan.onThreads(trace, threads);
        int[] threadOf = new int[trace.records()];
        long[] words = new long[trace.records()];
        int[] awaited = new int[trace.records()];
        for (int thread = 0; thread < threads; thread++) {
            ThreadPlan calls = plan.thread(thread);
            for (int call = 0; call < calls.calls(); call++) {
                threadOf[calls.records()[call]] = thread;
                words[calls.records()[call]] = calls.words()[call];
                awaited[calls.records()[call]] = calls.awaited()[call];
            }
        }
        int[] lastRecords = new int[trace.objects()];
        Arrays.fill(lastRecords, -1);
        boolean[] hasToPublish = new boolean[trace.records()];
        for (int record = 0; record < trace.records(); record++) {
            int before = lastRecords[trace.object(record)];
            boolean crosses = before >= 0 && threadOf[before] != threadOf[record];
            assertThat(PlanWord.awaits(words[record])).isEqualTo(crosses);
            if (crosses) {
                assertThat(awaited[record]).isEqualTo(before).isLessThan(record);
                hasToPublish[before] = true;
            }
            lastRecords[trace.object(record)] = record;
        }
        for (int record = 0; record < trace.records(); record++) {
            assertThat(PlanWord.publishes(words[record])).isEqualTo(hasToPublish[record]);
        }
        assertThat(countOf(hasToPublish) > 0).isEqualTo(threads > 1);
    }

    /** Runs plans on an interpreter that picks any thread that can go on, at random. */
    @Test
    void callsOnAnObjectKeepTheirOrderWhateverThreadGoesFirst() {
        for (int seed = 0; seed < 20; seed++) {
            Trace trace = RandomTrace.of(seed, 400, 3).read(folder);
            ReplayPlan plan =
                    seed % 2 == 0
                            ? ReplayPlan.asRecorded(trace)
                            : ReplayPlan.onThreads(trace, 1 + seed);
            List<Integer> order = anyOrder(plan, new SplittableRandom(seed));
            assertThat(order).as("seed %d", seed).hasSize(trace.records());
            int[] lastRecords = new int[trace.objects()];
            Arrays.fill(lastRecords, -1);
            for (int record : order) {
                assertThat(record).isGreaterThan(lastRecords[trace.object(record)]);
                lastRecords[trace.object(record)] = record;
            }
        }
    }

    @Test
    void recordedThreadsAreThoseThatMadeCalls() {
        Trace trace =
                new TraceWriter()
                        .thread(7)
                        .malloc(1)
                        .thread(2)
                        .malloc(1)
                        .thread(7)
                        .free(1)
                        .threadsClaimed(50)
                        .read(folder);

        ReplayPlan plan = ReplayPlan.asRecorded(trace);

        assertThat(plan.threads()).isEqualTo(2);
        assertThat(plan.thread(0).records()).containsExactly(0, 2);
        assertThat(plan.thread(1).records()).containsExactly(1);
        assertThat(PlanWord.awaits(plan.thread(0).words()[1])).isTrue();
        assertThat(plan.thread(0).awaited()[1]).isEqualTo(1);
    }

    @Test
    void blockIsTouchedWhenItGrows() {
        Trace trace =
                new TraceWriter()
                        .malloc(10)
                        .realloc(0, 20)
                        .realloc(0, 20)
                        .realloc(0, 5)
                        .realloc(0, 6)
                        .malloc(0)
                        .free(0)
                        .read(folder);

        long[] words = ReplayPlan.onThreads(trace, 1).thread(0).words();

        assertThat(Arrays.stream(words).mapToObj(PlanWord::touches))
                .containsExactly(true, true, false, false, true, false, false);
    }

    @Test
    void shortTraceIsStillDealtToAllThreads() {
        Trace trace = new TraceWriter().malloc(1).free(0).malloc(2).free(1).read(folder);

        assertThat(ReplayPlan.onThreads(trace, 2).threads()).isEqualTo(2);
        assertThat(ReplayPlan.onThreads(trace, 4).threads()).isEqualTo(4);
        assertThat(ReplayPlan.onThreads(trace, 100).threads()).isEqualTo(4);
    }

    @Test
    void noThreadsAreRejected() {
        Trace trace = new TraceWriter().malloc(1).read(folder);

        assertThatThrownBy(() -> ReplayPlan.onThreads(trace, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0");
    }

    private static List<Integer> anyOrder(ReplayPlan plan, SplittableRandom random) {
        int[] next = new int[plan.threads()];
        boolean[] done = new boolean[plan.trace().records()];
        List<Integer> order = new ArrayList<>();
        while (true) {
            List<Integer> ready = new ArrayList<>();
            for (int thread = 0; thread < next.length; thread++) {
                ThreadPlan calls = plan.thread(thread);
                int call = next[thread];
                if (call < calls.calls()
                        && (!PlanWord.awaits(calls.words()[call]) || done[calls.awaited()[call]])) {
                    ready.add(thread);
                }
            }
            if (ready.isEmpty()) {
                return order;
            }
            int thread = ready.get(random.nextInt(ready.size()));
            int record = plan.thread(thread).records()[next[thread]++];
            done[record] = true;
            order.add(record);
        }
    }

    private static int countOf(boolean[] flags) {
        int count = 0;
        for (boolean flag : flags) {
            count += flag ? 1 : 0;
        }
        return count;
    }
}
