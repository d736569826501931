// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.offkraft.cli.trace.Trace;
import io.offkraft.cli.trace.TraceWriter;
import io.offkraft.workload.allocator.AllocatorKind;
import io.offkraft.workload.allocator.Blocks;
import io.offkraft.workload.allocator.HeapOptions;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

@Timeout(120)
class TimedRoundsTest {
    static final List<AllocatorKind> REPLAYED = AllocatorKind.REPLAYED;

    private static final HeapOptions DEFAULTS = new HeapOptions(null, null);

    @TempDir private Path folder = Path.of("");

    @ParameterizedTest
    @FieldSource("REPLAYED")
    void roundsRepeatOnOneAllocatorAndLeaveNothingBehind(AllocatorKind kind) {
        Trace trace = RandomTrace.of(1, 5_000, 3).read(folder);
        for (ReplayPlan plan :
                List.of(ReplayPlan.asRecorded(trace), ReplayPlan.onThreads(trace, 5))) {
            Blocks blocks = kind.open(trace.objects(), DEFAULTS);
            try (TimedRounds rounds = new TimedRounds(plan, blocks, kind.crew(plan.threads()))) {
                for (int round = 0; round < 5; round++) {
                    assertThat(rounds.nanos()).isPositive();
                }
                if (kind == AllocatorKind.OFFKRAFT) {
                    assertThat(blocks.liveBlocks()).hasValue(0);
                }
            }
        }
    }

    @Test
    void eachRoundMakesEveryCallAndFreesWhatIsLeft() {
        Trace trace = new TraceWriter().malloc(5).calloc(6).free(0).realloc(1, 9000).read(folder);
        List<String> calls = new ArrayList<>();
        Blocks blocks = new Protocol(trace.objects(), calls);

        try (TimedRounds rounds =
                new TimedRounds(
                        ReplayPlan.onThreads(trace, 1), blocks, AllocatorKind.GLIBC.crew(1))) {
            rounds.nanos(() -> calls.add("start"), () -> calls.add("end"));
        }

        assertThat(calls)
                .containsExactly(
                        "start",
                        "malloc 0",
                        "touch 0 5",
                        "calloc 1",
                        "touch 1 6",
                        "free 0",
                        "realloc 1",
                        "touch 1 9000",
                        "end",
                        "free 1");
    }

    @Test
    void whoHadABlockLastFreesIt() {
        Trace trace =
                new TraceWriter()
                        .malloc(5)
                        .malloc(6)
                        .thread(1)
                        .malloc(7)
                        .realloc(0, 8)
                        .read(folder);
        ReplayPlan plan = ReplayPlan.asRecorded(trace);
        Map<Integer, Thread> last = new ConcurrentHashMap<>();
        List<Integer> freed = new CopyOnWriteArrayList<>();
        Blocks blocks =
                new HonestBlocks(trace.objects()) {
                    @Override
                    public boolean allocate(int object, long sizeBytes, int alignLog2) {
                        last.put(object, Thread.currentThread());
                        return super.allocate(object, sizeBytes, alignLog2);
                    }

                    @Override
                    public boolean reallocate(int object, long sizeBytes) {
                        last.put(object, Thread.currentThread());
                        return super.reallocate(object, sizeBytes);
                    }

                    @Override
                    public void free(int object) {
                        assertThat(Thread.currentThread()).isSameAs(last.get(object));
                        freed.add(object);
                        super.free(object);
                    }
                };

        try (TimedRounds rounds =
                new TimedRounds(plan, blocks, AllocatorKind.GLIBC.crew(plan.threads()))) {
            rounds.nanos();
        }

        assertThat(freed).containsExactlyInAnyOrder(0, 1, 2);
    }

    @Test
    void outOfMemoryStopsTheOtherThreadsAndFreesWhatIsThere() {
        Trace trace =
                new TraceWriter()
                        .malloc(1000)
                        .malloc(2000)
                        .malloc(1L << 40)
                        .thread(1)
                        .free(2) // waits for the allocation that never comes
                        .read(folder);
        try (TimedRounds rounds = offkraftRounds(trace, new HeapOptions(1L << 20, null))) {
            for (int round = 0; round < 3; round++) {
                assertThatThrownBy(rounds::nanos)
                        .isInstanceOf(ReplayOutOfMemoryException.class)
                        .hasMessage(
                                "record 2: out of memory: malloc of 1099511627776 bytes for object"
                                        + " 2; the limit is 1048576 bytes; 2 blocks with 3000"
                                        + " bytes were live");
            }
        }
    }

    @Test
    void whatAnAllocatorThrowsEndsTheRoundForAllThreads() {
        Trace trace = new TraceWriter().malloc(1).malloc(2).thread(1).free(0).free(1).read(folder);
        Blocks broken =
                new HonestBlocks(trace.objects()) {
                    @Override
                    public boolean allocate(int object, long sizeBytes, int alignLog2) {
                        if (object == 1) {
                            throw new IllegalStateException("broken");
                        }
                        return super.allocate(object, sizeBytes, alignLog2);
                    }
                };

        try (TimedRounds rounds =
                new TimedRounds(
                        ReplayPlan.asRecorded(trace), broken, AllocatorKind.GLIBC.crew(2))) {
            assertThatThrownBy(rounds::nanos)
                    .isInstanceOf(AllocatorException.class)
                    .hasMessage(
                            "record 1: malloc of 2 bytes of object 1:"
                                    + " java.lang.IllegalStateException: broken");
        }
    }

    /**
     * What is measured must not be the replay: its loop leaves nothing on the Java heap, hand-overs
     * included.
     */
    @Test
    void timedLoopAllocatesNothing() {
        Trace trace = RandomTrace.of(5, 50_000, 1).read(folder);
        ReplayPlan plan = ReplayPlan.onThreads(trace, 2);
        Blocks blocks = AllocatorKind.GLIBC.open(trace.objects(), DEFAULTS);
        TimedReplay replay = new TimedReplay(plan, blocks);
        Handover handover = new Handover(trace.objects());
        long[] allocatedBytes = new long[plan.threads()];
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Replayer measured =
                (thread, words) -> {
                    long before = threads.getCurrentThreadAllocatedBytes();
                    int calls = replay.replay(thread, words);
                    allocatedBytes[thread] = threads.getCurrentThreadAllocatedBytes() - before;
                    return calls;
                };

        try (var crew = AllocatorKind.GLIBC.crew(plan.threads())) {
            for (int round = 0; round < 10; round++) {
                Round pass = new Round(measured, handover, crew);
                pass.run(() -> {});
                for (int object : LiveObjects.after(plan, pass.callsMade()).objects()) {
                    blocks.free(object);
                }
            }
        }

        // the first rounds link the native calls; afterwards nothing is left to allocate
        assertThat(allocatedBytes).containsOnly(0);
    }

    private static TimedRounds offkraftRounds(Trace trace, HeapOptions options) {
        ReplayPlan plan = ReplayPlan.asRecorded(trace);
        AllocatorKind kind = AllocatorKind.OFFKRAFT;
        return new TimedRounds(
                plan, kind.open(trace.objects(), options), kind.crew(plan.threads()));
    }

    /** Writes down what it is asked. */
    private static final class Protocol extends HonestBlocks {
        private final List<String> calls;

        Protocol(int objects, List<String> calls) {
            super(objects);
            this.calls = calls;
        }

        @Override
        public boolean allocate(int object, long sizeBytes, int alignLog2) {
            calls.add("malloc " + object);
            return super.allocate(object, sizeBytes, alignLog2);
        }

        @Override
        public boolean allocateZeroed(int object, long sizeBytes) {
            calls.add("calloc " + object);
            return super.allocateZeroed(object, sizeBytes);
        }

        @Override
        public boolean reallocate(int object, long sizeBytes) {
            calls.add("realloc " + object);
            return super.reallocate(object, sizeBytes);
        }

        @Override
        public void touch(int object, long sizeBytes) {
            calls.add("touch " + object + " " + sizeBytes);
            super.touch(object, sizeBytes);
        }

        @Override
        public void free(int object) {
            calls.add("free " + object);
            super.free(object);
        }
    }
}
