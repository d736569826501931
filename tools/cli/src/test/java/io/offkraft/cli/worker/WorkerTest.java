// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.cli.trace.Trace;
import io.offkraft.cli.trace.TraceWriter;
import io.offkraft.cli.worker.WorkerJvm.Purpose;
import io.offkraft.workload.WorkloadKind;
import io.offkraft.workload.allocator.AllocatorKind;
import io.offkraft.workload.allocator.HeapOptions;
import io.offkraft.workload.allocator.PeerLibrary;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class WorkerTest {
    private static final Task.Volume VOLUME = new Task.Volume(20_000, 50_000_000, 3_000_000);

    @TempDir private Path folder = Path.of("");
    private final List<String> remarks = new ArrayList<>();

    @Test
    void workerVerifiesAndTimes() {
        Trace trace = new TraceWriter().malloc(100).free(0).malloc(3).read(folder);
        try (Worker worker = start(trace, Purpose.VERIFY_AND_TIME)) {
            worker.awaitReady();
            assertThat(worker.verify().isClean()).isTrue();
            worker.warmUp();
            assertThat(worker.time().nanos()).isPositive();
            assertThat(worker.time().operations()).isEqualTo(3);
        }
        assertThat(remarks).isEmpty();
    }

    /**
     * Each page of a block is touched; the rehearsal may have left the C library a few to begin
     * with.
     */
    @Test
    void footprintIsAtLeastWhatIsLiveAndNotMuchMore() {
        TraceWriter writer = new TraceWriter();
        for (int object = 0; object < 2_000; object++) {
            writer.malloc(8_000);
        }
        try (Worker worker = start(writer.read(folder), Purpose.FOOTPRINT)) {
            worker.awaitReady();
            assertThat(worker.footprintBytes()).isBetween(15_600_000L, 18_000_000L);
        }
    }

    @Test
    void failureOfAWorkerIsOneLineWithTraceAndAllocator() {
        Trace trace = new TraceWriter().malloc(1L << 46).read(folder);
        try (Worker worker = start(trace, Purpose.VERIFY_AND_TIME)) {
            worker.awaitReady();
            assertThatThrownBy(worker::verify)
                    .isInstanceOf(WorkerException.class)
                    .hasMessage(
                            trace.file()
                                    + " on glibc: record 0: out of memory: malloc of 70368744177664"
                                    + " bytes for object 0; no limit was set; 0 blocks with 0 bytes"
                                    + " were live");
        }
    }

    @Test
    void deathOfAWorkerIsToldWithItsStatus() {
        WorkerJvm dead = new WorkerJvm(List.of("sh", "-c", "read line; exit 77"));
        try (Worker worker = Worker.start(setup("x.ckt.gz"), dead, remarks::add)) {
            assertThatThrownBy(worker::awaitReady)
                    .isInstanceOf(WorkerException.class)
                    .hasMessage("x.ckt.gz on glibc: the worker process died with status 77");
        }
    }

    @Test
    void lastWordsOfADyingJvmReachTheUser() {
        WorkerJvm dying = new WorkerJvm(List.of("sh", "-c", "read line; echo '# fatal'; exit 134"));
        try (Worker worker = Worker.start(setup("x.ckt.gz"), dying, remarks::add)) {
            assertThatThrownBy(worker::awaitReady)
                    .isInstanceOf(WorkerException.class)
                    .hasMessage("x.ckt.gz on glibc: the worker process died with status 134");
        }
        assertThat(remarks).containsExactly("x.ckt.gz on glibc: # fatal");
    }

    @Test
    void outputThatIsNoReplyIsTold() {
        WorkerJvm babbling = new WorkerJvm(List.of("sh", "-c", "read line; echo '{hello'"));
        try (Worker worker = Worker.start(setup("x.ckt.gz"), babbling, remarks::add)) {
            assertThatThrownBy(worker::awaitReady)
                    .isInstanceOf(WorkerException.class)
                    .hasMessage(
                            "x.ckt.gz on glibc: the worker is not understood: not a Reply: {hello");
        }
    }

    @Test
    void remarksReachTheUserBeforeTheAnswer() {
        WorkerJvm remarking =
                new WorkerJvm(
                        List.of(
                                "sh",
                                "-c",
                                "read line; echo '{\"remark\":\"look\"}'; echo '{}'; read line"));
        try (Worker worker = Worker.start(setup("x.ckt.gz"), remarking, remarks::add)) {
            worker.awaitReady();
        }
        assertThat(remarks).containsExactly("x.ckt.gz on glibc: look");
    }

    @Test
    void closeEndsTheProcessInTheMiddleOfWork() throws Exception {
        WorkerJvm sleeping = new WorkerJvm(List.of("sleep", "1000"));
        Worker worker = Worker.start(setup("x.ckt.gz"), sleeping, remarks::add);

        worker.close();

        assertThat(worker.isAlive()).isFalse();
    }

    /** What happens when the parent is killed. */
    @Test
    void endOfInputEndsTheWorker() throws Exception {
        Trace trace = new TraceWriter().malloc(1).read(folder);
        Process process = WorkerJvm.of(trace, Purpose.VERIFY_AND_TIME, null).process().start();
        try (Writer input = process.outputWriter()) {
            input.write(Lines.write(setup(trace.file().toString())) + "\n\"WARM_UP\"\n");
        }

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void workerGoesFromWorkloadToWorkload() {
        try (Worker worker = start(AllocatorKind.OFFKRAFT, WorkloadKind.LARSON)) {
            worker.awaitReady();
            measure(worker);
            worker.begin(run(WorkloadKind.PAIR_64));
            Timed pairs = measure(worker);
            // A warm path makes no Java objects; what the harness makes is little a block.
            assertThat(pairs.javaHeapBytes()).isLessThan(pairs.operations());
        }
        assertThat(remarks).isEmpty();
    }

    private static Timed measure(Worker worker) {
        worker.warmUp();
        Timed timed = worker.time();
        assertThat(timed.nanos()).isGreaterThanOrEqualTo(VOLUME.roundNanos());
        assertThat(timed.operations()).isPositive();
        assertThat(worker.verify().isClean()).isTrue();
        return timed;
    }

    @Test
    void footprintOfAWorkloadIsWhatItsBlocksTake() {
        Task.Run occupancy = run(WorkloadKind.OCCUPANCY);
        WorkerJvm jvm = WorkerJvm.ofWorkloads(AllocatorKind.GLIBC, Purpose.FOOTPRINT, 1);
        try (Worker worker =
                Worker.start(setup(occupancy, AllocatorKind.GLIBC), jvm, remarks::add)) {
            worker.awaitReady();
            // It keeps 4 MiB; not every page of a large block is touched.
            assertThat(worker.footprintBytes()).isBetween(2L << 20, 12L << 20);
        }
    }

    @Test
    @DisplayName("negative control: a block that is given out twice is found and told")
    void blockThatIsGivenOutTwiceIsFound() {
        Setup setup = setup(run(WorkloadKind.LARSON), AllocatorKind.GLIBC);
        WorkerJvm broken = BrokenWorker.jvm(AllocatorKind.GLIBC, Purpose.VERIFY_AND_TIME, 2);
        try (Worker worker = Worker.start(setup, broken, remarks::add)) {
            worker.awaitReady();
            assertThatThrownBy(worker::warmUp)
                    .isInstanceOf(WorkerException.class)
                    .hasMessageMatching(
                            "larson on 2 threads on glibc: block \\d+ of \\d+ bytes does not hold its"
                                    + " owner's word .*");
        }
    }

    @Test
    void locksOfAWorkloadAreNotCounted() {
        try (Worker worker = start(AllocatorKind.OFFKRAFT, WorkloadKind.PAIR_64)) {
            worker.awaitReady();
            assertThatThrownBy(worker::lockFigures)
                    .isInstanceOf(WorkerException.class)
                    .hasMessage(
                            "pair-64 on 2 threads on offkraft: it threw"
                                    + " java.lang.IllegalStateException: locks are counted in"
                                    + " replays only");
        }
    }

    /** What is not installed here is not looked for. */
    @Test
    void librariesThatAreNeededFromTheStartArePreloaded() {
        for (PeerLibrary library : PeerLibrary.values()) {
            AllocatorKind kind =
                    library == PeerLibrary.JEMALLOC
                            ? AllocatorKind.JEMALLOC
                            : AllocatorKind.MIMALLOC;
            String preload =
                    library.isNeededFromTheStart()
                            ? library.find().map(Path::toString).orElse("")
                            : "";
            assertThat(
                            WorkerJvm.ofWorkloads(kind, Purpose.VERIFY_AND_TIME, 1)
                                    .process()
                                    .environment()
                                    .getOrDefault("LD_PRELOAD", ""))
                    .startsWith(preload);
        }
    }

    @Test
    void allocatorsOwnPropertiesGoBeforeTheUsers() {
        System.setProperty("offkraft.contention", "low");
        try {
            assertThat(
                            WorkerJvm.ofWorkloads(
                                            AllocatorKind.OFFKRAFT_HIGH, Purpose.VERIFY_AND_TIME, 1)
                                    .process()
                                    .command())
                    .contains("-Doffkraft.contention=high")
                    .doesNotContain("-Doffkraft.contention=low");
        } finally {
            System.clearProperty("offkraft.contention");
        }
    }

    private Worker start(AllocatorKind kind, WorkloadKind workload) {
        return Worker.start(
                setup(run(workload), kind),
                WorkerJvm.ofWorkloads(kind, Purpose.VERIFY_AND_TIME, 2),
                remarks::add);
    }

    private static Task.Run run(WorkloadKind workload) {
        return new Task.Run(workload, 2, VOLUME);
    }

    private static Setup setup(Task task, AllocatorKind kind) {
        return new Setup(task, kind, new HeapOptions(null, null));
    }

    private Worker start(Trace trace, Purpose purpose) {
        return Worker.start(
                setup(trace.file().toString()), WorkerJvm.of(trace, purpose, null), remarks::add);
    }

    private static Setup setup(String trace) {
        return new Setup(
                new Task.Replay(trace, null), AllocatorKind.GLIBC, new HeapOptions(null, null));
    }
}
