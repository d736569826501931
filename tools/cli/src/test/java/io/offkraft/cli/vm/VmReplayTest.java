// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.sync.Synchronization;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class VmReplayTest {
    private static final long SEED = Long.getLong("seed", 20_260_105);
    private static final int LOGS = Boolean.getBoolean("stress") ? 2_000 : 60;

    @TempDir private Path folder = Path.of("");

    @ParameterizedTest
    @ValueSource(strings = {"java", "python", "sqlite"})
    @DisplayName("a recorded program replayed in a space leaves the model's layout")
    void recordedProgramLeavesTheLayoutOfTheModel(String program) throws Exception {
        Path log = Path.of("../../traces/vm/" + program + ".strace.gz");
        for (Integer threads : new Integer[] {null, 1, 8}) {
            VmReplayResult result = VmReplay.replay(log, threads, 1, Synchronization.MUTEX);

            assertThat(result.difference()).isNull();
            assertThat(result.calls()).isGreaterThan(80);
            assertThat(result.areas()).isGreaterThan(10);
            assertThat(result.committedBytes()).isPositive();
            assertThat(result.byCall().stream().mapToInt(VmReplayResult.OfCall::calls).sum())
                    .isEqualTo(result.calls());
            assertThat(result.byCall())
                    .allMatch(call -> call.nanosPerCall() > 0 && call.bareNanosPerCall() > 0);
        }
    }

    @Test
    void randomLogsLeaveTheLayoutOfTheModelOnAnyNumberOfThreads() throws Exception {
        for (int number = 0; number < LOGS; number++) {
            long seed = SEED + number;
            VmPlan plan = VmPlan.of(write(RandomLog.of(seed, 300, 4)));
            for (Integer threads : new Integer[] {null, 1}) {
                try (SpaceTarget target = target(plan)) {
                    new VmRound(plan, threads).run(target);
                    assertThat(LayoutComparison.of(plan, target.space()))
                            .as("seed %d", seed)
                            .isEmpty();
                }
            }
        }
    }

    @Test
    @DisplayName("an unmap of one page too few is found, and the line of the call named")
    void wrongUnmapIsFound() throws Exception {
        Path log =
                write(
                        "1 mmap(NULL, 65536, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) ="
                                + " 0x7f0000000000",
                        "1 mprotect(0x7f0000000000, 4096, PROT_NONE) = 0",
                        "1 munmap(0x7f0000004000, 8192) = 0");
        VmPlan plan = VmPlan.of(log);

        try (SpaceTarget broken = new UnmapsTooLittle(plan)) {
            new VmRound(plan, 1).run(broken);
            LayoutDifference difference = LayoutComparison.of(plan, broken.space()).orElseThrow();

            assertThat(difference.recordedAddress()).isEqualTo("0x7f0000005000");
            assertThat(difference.line()).isEqualTo(3);
            assertThat(difference.pages()).isEqualTo(1);
            assertThat(difference.model()).isEqualTo("a hole");
            assertThat(difference.space()).isEqualTo("ANONYMOUS READ");
            assertThat(difference.kernel()).isEqualTo("r--p");
            assertThat(difference.toString()).contains("line 3", "0x7f0000005000");
        }
    }

    @Test
    void wrongUnmapIsFoundInARecordedProgram() throws Exception {
        VmPlan plan = VmPlan.of(Path.of("../../traces/vm/python.strace.gz"));

        // what was left there is in the way of a later call
        assertThatThrownBy(() ->
                        VmReplay.replay(
                                plan, 1, 1, () -> new UnmapsTooLittle(plan), () -> target(plan)))
                .isInstanceOf(VmReplayException.class)
                .hasMessageContaining("line 28: mmap that succeeded in the recording was refused");
    }

    @Test
    void refusedCallIsNamedByItsLine() throws Exception {
        VmPlan plan =
                VmPlan.of(
                        write(
                                "1 mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) ="
                                        + " 0x7f0000000000",
                                "2 munmap(0x7f0000000000, 4096) = 0"));
        try (SpaceTarget refusing =
                new SpaceTarget(plan.addresses().bytes(), Synchronization.MUTEX, plan.remarks()) {
                    @Override
                    void unmap(long address, long bytes) {
                        throw new IllegalArgumentException("not today");
                    }
                }) {
            assertThatThrownBy(() -> new VmRound(plan, null).run(refusing))
                    .isInstanceOf(VmReplayException.class)
                    .hasMessageContaining("line 2: munmap that succeeded")
                    .hasMessageContaining("not today");
        }
    }

    @Test
    void whatHasNoPlaceInAReplayIsNamed() throws Exception {
        VmPlan plan =
                VmPlan.of(
                        write(
                                "1 brk(NULL) = 0x555500000100",
                                "1 brk(0x555500003000) = 0x555500003000",
                                "1 brk(0x555500001800) = 0x555500001800",
                                "1 mincore(0x555500000000, 4096, [1]) = 0",
                                "1 madvise(0x555500001000, 4096, MADV_DONTDUMP) = 0",
                                "1 munmap(0x7f0000000000, 4096) = -1 EINVAL (Invalid argument)",
                                "1 munmap(0x7f0000000000, 4096) = 0",
                                "1 shmat(5, NULL, 0) = 0x7f0000000000",
                                "1 mremap(0x7f0000000000, 4096, 8192, 0) = 0x7f0000000000"));

        assertThat(plan.steps().stream().map(VmStep::line)).containsExactly(2, 3);
        assertThat(plan.remarks().all().stream().map(Remark::firstLine))
                .containsExactly(4, 5, 6, 8, 7, 9);
        assertThat(plan.model().holes(0, plan.addresses().bytes()))
                .isEqualTo(plan.model().pages() - 1);
    }

    @Test
    void addressesKeepOrderAdjacencyAndPlaceInTheHugePage() throws Exception {
        AddressMap map =
                VmPlan.of(
                                write(
                                        "1 munmap(0x10003000, 4096) = 0",
                                        "1 mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS,"
                                                + " -1, 0) = 0x10004000",
                                        "1 mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS,"
                                                + " -1, 0) = 0x7f0000201000"))
                        .addresses();

        assertThat(map.place(0x10004000) - map.place(0x10003000)).isEqualTo(4096);
        assertThat(map.place(0x7f0000201000L)).isGreaterThan(map.place(0x10005000));
        for (long address : List.of(0x10004000L, 0x7f0000201000L)) {
            assertThat(map.place(address) % (2 << 20)).isEqualTo(address % (2 << 20));
            assertThat(map.recordedAt(map.place(address))).isEqualTo(address);
        }
        assertThat(map.bytes()).isLessThan(16 << 20);
    }

    private static SpaceTarget target(VmPlan plan) {
        return new SpaceTarget(plan.addresses().bytes(), Synchronization.MUTEX, new Remarks());
    }

    /** The broken twin: leaves the last page. */
    private static final class UnmapsTooLittle extends SpaceTarget {
        UnmapsTooLittle(VmPlan plan) {
            super(plan.addresses().bytes(), Synchronization.MUTEX, new Remarks());
        }

        @Override
        void unmap(long address, long bytes) {
            if (bytes > 4096) {
                super.unmap(address, bytes - 4096);
            }
        }
    }

    private Path write(String... lines) throws Exception {
        Path file = folder.resolve("log.strace");
        Files.write(file, List.of(lines));
        return file;
    }
}
