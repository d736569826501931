// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.platform.PageSizes.Transparent;
import io.offkraft.word.RawMemory;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the kernel tells of pages and resident sets. */
class ProcessFiguresTest {
    @Test
    void statusIsReadInBytes() {
        ResidentSet set =
                ResidentSet.parse(
                        List.of(
                                "VmHWM:\t   50 kB",
                                "VmRSS:\t   40 kB",
                                "RssAnon:\t   30 kB",
                                "RssFile:\t    9 kB",
                                "RssShmem:\t    1 kB"));
        assertThat(set).isEqualTo(new ResidentSet(40 << 10, 30 << 10, 9 << 10, 1 << 10, 50 << 10));
        assertThatThrownBy(() -> ResidentSet.parse(List.of())).hasMessageContaining("VmRSS:");
    }

    @Test
    void touchedMemoryRaisesAnonymousAndPeak() {
        long bytes = 64L << 20;
        SystemCalls calls = SystemCalls.linux();
        boolean allowed = ResidentSet.resetPeak();
        ResidentSet before = ResidentSet.ofProcess();
        long address =
                calls.mmap(
                        0,
                        bytes,
                        MemoryFlags.PROT_READ | MemoryFlags.PROT_WRITE,
                        MemoryFlags.MAP_PRIVATE | MemoryFlags.MAP_ANONYMOUS,
                        -1,
                        0);
        RawMemory.fill(address, bytes, (byte) 1);
        ResidentSet touched = ResidentSet.ofProcess();
        calls.munmap(address, bytes);
        ResidentSet after = ResidentSet.ofProcess();
        assertThat(touched.anonymous() - before.anonymous()).isGreaterThan(bytes * 9 / 10);
        assertThat(after.anonymous()).isLessThan(touched.anonymous() - bytes / 2);
        assertThat(after.peak()).isGreaterThanOrEqualTo(touched.total() - (4 << 20));
        if (allowed) {
            assertThat(ResidentSet.resetPeak()).isTrue();
            assertThat(ResidentSet.ofProcess().peak()).isLessThan(touched.total());
        }
    }

    @Test
    void modeOfTransparentHugePagesIsTheOneInBrackets() {
        assertThat(PageSizes.parseTransparent("always [madvise] never\n"))
                .isEqualTo(Transparent.MADVISE);
        assertThat(PageSizes.parseTransparent("[always] madvise never"))
                .isEqualTo(Transparent.ALWAYS);
        assertThat(PageSizes.parseTransparent("always madvise [never]"))
                .isEqualTo(Transparent.NEVER);
        PageSizes machine = PageSizes.ofMachine();
        assertThat(machine.hugetlb())
                .allMatch(pool -> pool.bytes() > 4096 && pool.free() <= pool.total());
    }

    @Test
    void errnoHasItsName() {
        assertThat(Errno.name(12)).isEqualTo("ENOMEM");
        assertThat(Errno.name(11)).isEqualTo("EAGAIN");
        assertThat(Errno.name(133)).isEqualTo("EHWPOISON");
        assertThat(Errno.name(0)).isEqualTo("errno 0");
        assertThat(Errno.name(41)).isEqualTo("errno 41");
        assertThat(Errno.name(4711)).isEqualTo("errno 4711");
    }

    @Test
    void setOfCpusHoldsWhatItWasGiven() {
        assertThat(CpuSet.of(1, 5000)).isEqualTo(CpuSet.of(5000, 1)).hasToString("{1, 5000}");
        assertThat(CpuSet.of(3).contains(3)).isTrue();
        assertThat(CpuSet.of(3).contains(-1)).isFalse();
        assertThatThrownBy(() -> CpuSet.of(-1)).hasMessageContaining("-1");
        assertThatThrownBy(() -> CpuSet.of(CpuSet.MAX_CPUS)).hasMessageContaining("8192");
    }
}
