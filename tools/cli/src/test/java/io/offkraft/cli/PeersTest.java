// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.workload.allocator.AllocatorKind;
import io.offkraft.workload.allocator.PeerLibrary;
import java.util.List;
import org.junit.jupiter.api.Test;

class PeersTest {
    @Test
    void allAreThoseThatAreInstalledAndTheRestIsALineEach() {
        Peers peers = Peers.of(List.of("all"), library -> library == PeerLibrary.MIMALLOC);

        assertThat(peers.chosen())
                .contains(AllocatorKind.MIMALLOC, AllocatorKind.GLIBC)
                .doesNotContain(AllocatorKind.JEMALLOC, AllocatorKind.FLOOR);
        assertThat(peers.leftOut())
                .containsExactly(
                        "jemalloc is left out: libjemalloc.so.2 was not found; install jemalloc"
                                + " (Debian, Ubuntu: apt install libjemalloc2)");
    }

    @Test
    void namedOnesTakePartOnceAndInTheTablesOrder() {
        Peers peers = Peers.of(List.of("jemalloc", "offkraft", "jemalloc"), _ -> true);

        assertThat(peers.chosen()).containsExactly(AllocatorKind.OFFKRAFT, AllocatorKind.JEMALLOC);
        assertThat(peers.leftOut()).isEmpty();
    }

    @Test
    void namedOneThatIsMissingIsAnErrorWithTheRemedy() {
        assertThatThrownBy(() -> Peers.of(List.of("all", "mimalloc"), _ -> false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "libmimalloc.so.2 was not found; install mimalloc (Debian, Ubuntu: apt"
                                + " install libmimalloc2.0)");
    }

    @Test
    void unknownNameIsAnErrorWithThoseThereAre() {
        assertThatThrownBy(() -> Peers.of(List.of("tcmalloc"), _ -> true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "--allocator must be one of offkraft, offkraft-high, offkraft-thread, glibc,"
                                + " jemalloc, mimalloc, netty-pooled, netty-adaptive, ffm-confined, floor, all:"
                                + " tcmalloc");
    }
}
