// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import static io.offkraft.platform.MemoryFlags.MPOL_BIND;
import static io.offkraft.platform.MemoryFlags.MPOL_DEFAULT;
import static io.offkraft.platform.MemoryFlags.MPOL_INTERLEAVE;
import static io.offkraft.platform.MemoryFlags.MPOL_PREFERRED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NumaNodesTest {
    private static final long PAGE = PageSizes.BASE_BYTES;

    private static void node(Path folder, int node, String cpus) throws IOException {
        Path own = Files.createDirectory(folder.resolve("node" + node));
        Files.writeString(own.resolve("cpulist"), cpus);
    }

    @Test
    void nodesAndTheirCpusAreReadAsTheKernelWritesThem(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("online"), "0-1,4,70\n");
        Files.writeString(folder.resolve("possible"), "0-127\n");
        node(folder, 0, "0-3,8-11\n");
        node(folder, 1, "4-7\n");
        node(folder, 4, "\n");
        node(folder, 70, "12\n");
        node(folder, 5, "13\n"); // offline
        NumaNodes nodes = NumaNodes.read(folder);
        assertThat(nodes.isToldByKernel()).isTrue();
        assertThat(nodes.cpus().keySet()).containsExactly(0, 1, 4, 70);
        assertThat(nodes.cpusOf(0)).isEqualTo(CpuSet.of(0, 1, 2, 3, 8, 9, 10, 11));
        assertThat(nodes.cpusOf(4)).as("memory without CPUs").isEqualTo(CpuSet.of());
        assertThat(nodes.contains(1)).isTrue();
        assertThat(nodes.contains(5)).isFalse();
        assertThat(nodes.mask()).isEqualTo(0b10011);
        assertThatThrownBy(() -> nodes.cpusOf(5))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("there is no node 5, but [0, 1, 4, 70]");
        assertThatThrownBy(() -> nodes.cpus().clear())
                .isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void kernelWithoutNumaHasNodeZeroWithAllCpus(@TempDir Path folder) throws IOException {
        NumaNodes nodes = NumaNodes.read(folder.resolve("absent"));
        assertThat(nodes.isToldByKernel()).isFalse();
        assertThat(nodes.cpus()).hasSize(1).containsEntry(0, Cpus.online());
        assertThat(nodes.mask()).isEqualTo(1);
    }

    @Test
    void unreadableListIsAnErrorAndNotOneNode(@TempDir Path folder) throws IOException {
        assertThatThrownBy(() -> NumaNodes.read(folder)).isInstanceOf(IOException.class);
        Files.writeString(folder.resolve("online"), "0-\n");
        assertThatThrownBy(() -> NumaNodes.read(folder))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"0-\"");
        assertThatThrownBy(() -> new NumaNodes(true, new TreeMap<>()))
                .hasMessageContaining("at least one node");
    }

    @Test
    void eachCpuOfTheMachineIsOnOneNode() {
        NumaNodes nodes = NumaNodes.ofMachine();
        for (int cpu : Cpus.online().stream().toArray()) {
            assertThat(nodes.cpus().values())
                    .as("nodes of CPU %d", cpu)
                    .satisfiesOnlyOnce(cpus -> assertThat(cpus.contains(cpu)).isTrue());
        }
    }

    @Test
    void kernelTellsThePolicyThatItWasGiven() {
        SystemCalls calls = SystemCalls.linux();
        long address =
                calls.mmap(
                        0,
                        2 * PAGE,
                        MemoryFlags.PROT_READ | MemoryFlags.PROT_WRITE,
                        MemoryFlags.MAP_PRIVATE | MemoryFlags.MAP_ANONYMOUS,
                        -1,
                        0);
        int node = NumaNodes.ofMachine().cpus().firstKey();
        if (NumaNodes.ofMachine().isToldByKernel()) {
            long mask = 1L << node;
            assertThat(calls.policyAt(address)).isEqualTo(new MemoryPolicy(MPOL_DEFAULT, 0));
            for (int mode : new int[] {MPOL_BIND, MPOL_INTERLEAVE, MPOL_PREFERRED}) {
                calls.mbind(address + PAGE, PAGE, mode, mask, 0);
                assertThat(calls.policyAt(address + PAGE)).isEqualTo(new MemoryPolicy(mode, mask));
                assertThat(calls.policyAt(address)).hasToString("MPOL_DEFAULT 0x0");
            }
            calls.munmap(address, 2 * PAGE);
            assertThatThrownBy(() -> calls.policyAt(address))
                    .hasMessage(
                            "get_mempolicy(MPOL_F_ADDR, 0x%x) failed: EFAULT (14)"
                                    .formatted(address));
        } else {
            assertThatThrownBy(() -> calls.policyAt(address)).hasMessageContaining("ENOSYS");
            calls.munmap(address, 2 * PAGE);
        }
    }
}
