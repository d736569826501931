// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.platform.Errno;
import io.offkraft.platform.MemoryFlags;
import io.offkraft.platform.SystemCallException;
import org.junit.jupiter.api.Test;

class FaultInjectingSystemCallsTest {
    private static final int FLAGS = MemoryFlags.MAP_PRIVATE | MemoryFlags.MAP_ANONYMOUS;

    @Test
    void onlyTheChosenCallFailsAndItIsNotPassedOn() {
        FaultInjectingSystemCalls calls = FaultInjectingSystemCalls.failingNth(2, Errno.ENOMEM);
        long address = calls.mmap(0, 4096, MemoryFlags.PROT_READ, FLAGS, -1, 0);
        assertThatThrownBy(() -> calls.munmap(address, 4096))
                .isInstanceOfSatisfying(
                        SystemCallException.class,
                        refused -> {
                            assertThat(refused.call()).isEqualTo("munmap");
                            assertThat(refused.errnoName()).isEqualTo("ENOMEM");
                        });
        assertThat(calls.residentPages(address, 4096)).isZero();
        calls.munmap(address, 4096);
        assertThat(calls.made()).isEqualTo(4);
        assertThat(calls.failed()).isEqualTo(1);
        assertThat(calls.succeeded("munmap")).isEqualTo(1);
        assertThat(calls.succeeded("mprotect")).isZero();
    }
}
