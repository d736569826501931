// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.cli.trace.Trace;
import io.offkraft.cli.trace.TraceWriter;
import io.offkraft.cli.worker.WorkerJvm.Purpose;
import io.offkraft.workload.allocator.AllocatorKind;
import io.offkraft.workload.allocator.HeapOptions;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class WorkerTest {
    @TempDir private Path folder = Path.of("");
    private final List<String> remarks = new ArrayList<>();

    @Test
    void workerVerifiesAndTimes() {
        Trace trace = new TraceWriter().malloc(100).free(0).malloc(3).read(folder);
        try (Worker worker = start(trace, Purpose.VERIFY_AND_TIME)) {
            worker.awaitReady();
            assertThat(worker.verify().isClean()).isTrue();
            worker.warmUp();
            assertThat(worker.timeNanos()).isPositive();
            assertThat(worker.timeNanos()).isPositive();
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
        Process process =
                new ProcessBuilder(WorkerJvm.of(trace, Purpose.VERIFY_AND_TIME, null).command())
                        .start();
        try (Writer input = process.outputWriter()) {
            input.write(Lines.write(setup(trace.file().toString())) + "\n\"WARM_UP\"\n");
        }

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }

    private Worker start(Trace trace, Purpose purpose) {
        return Worker.start(
                setup(trace.file().toString()), WorkerJvm.of(trace, purpose, null), remarks::add);
    }

    private static Setup setup(String trace) {
        return new Setup(trace, AllocatorKind.GLIBC, null, new HeapOptions(null, null));
    }
}
