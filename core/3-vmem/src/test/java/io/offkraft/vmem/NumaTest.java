// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.platform.CpuSet;
import io.offkraft.platform.NumaNodes;
import io.offkraft.platform.SystemCallException;
import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** On which nodes memory is; a machine of one node is one of them. */
class NumaTest {
    private static final long PAGE = PageOrder.PAGE_BYTES;
    private static final int ENOSYS = 38;
    private static final int EPERM = 1;

    private final VirtualAddressSpace space = VirtualAddressSpace.reserve(64 * PAGE);
    private final NumaNodes nodes = NumaNodes.ofMachine();
    private final int node = nodes.cpus().firstKey();

    @AfterEach
    void close() {
        space.close();
    }

    private void assertPolicy(long address, NumaPolicy expected) {
        if (nodes.isToldByKernel()) {
            assertThat(space.numaPolicy(address)).isEqualTo(expected);
        } else {
            assertThatThrownBy(() -> space.numaPolicy(address)).hasMessageContaining("ENOSYS");
        }
    }

    @Test
    void kernelHoldsToThePolicyOfARequestAndOfARange() {
        for (final NumaPolicy policy :
                List.of(
                        NumaPolicy.bind(node),
                        NumaPolicy.interleave(node),
                        NumaPolicy.preferred(node))) {
            final Area area = space.map(AreaRequest.anonymous(4 * PAGE).numa(policy).populated());
            RawMemory.fill(area.start(), area.bytes(), (byte) 1);
            assertPolicy(area.start(), policy);
            assertPolicy(area.end() - 1, policy);
            space.numa(area.start() + PAGE, PAGE, NumaPolicy.DEFAULT);
            assertPolicy(area.start() + PAGE, NumaPolicy.DEFAULT);
            assertPolicy(area.start() + 2 * PAGE, policy);

            space.map(
                    AreaRequest.anonymous(4 * PAGE)
                            .numa(NumaPolicy.bind(node))
                            .replacing(area.start()));
            assertPolicy(area.start() + PAGE, NumaPolicy.bind(node));
        }
    }

    @Test
    void everyNodeTakesMemory() {
        for (final int each : nodes.cpus().keySet()) {
            final Area area =
                    space.map(AreaRequest.anonymous(PAGE).numa(NumaPolicy.preferred(each)));
            RawMemory.storeLongPlain(area.start(), 1);
            assertPolicy(area.start(), NumaPolicy.preferred(each));
        }
    }

    @Test
    void absentNodeIsRefusedWithTheNodesThatThereAreAndNothingIsMapped() {
        int absent = 63;
        while (nodes.contains(absent)) {
            absent--;
        }
        // With a node that there is, the kernel would ignore the other.
        final NumaPolicy policy = NumaPolicy.bind(node, absent);
        final String why = "there is no node %d, but %s".formatted(absent, nodes.cpus().keySet());
        assertThatThrownBy(() -> space.map(AreaRequest.anonymous(PAGE).numa(policy)))
                .isInstanceOf(VmemException.class)
                .hasMessage("map of [0x0, +4096): " + why);
        assertThat(space.areas()).isEmpty();

        final Area area = space.map(AreaRequest.anonymous(PAGE));
        assertThatThrownBy(() -> space.numa(area.start(), PAGE, policy))
                .isInstanceOf(VmemException.class)
                .hasMessageEndingWith(why);
        assertPolicy(area.start(), NumaPolicy.DEFAULT);
    }

    @Test
    void kernelWithoutNumaHasAllOnItsOneNode() {
        final NumaNodes none = new NumaNodes(false, new TreeMap<>(Map.of(0, CpuSet.of(0))));
        final NumaNodes one = new NumaNodes(true, none.cpus());
        final SystemCallException unknown = new SystemCallException("mbind", "", ENOSYS);
        final SystemCallException forbidden = new SystemCallException("mbind", "", EPERM);
        assertThat(NumaPolicy.holdsAnyway(unknown, none)).isTrue();
        assertThat(NumaPolicy.holdsAnyway(unknown, one)).isFalse();
        assertThat(NumaPolicy.holdsAnyway(forbidden, none)).isFalse();
    }
}
