// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import static io.offkraft.platform.MemoryFlags.MADV_DONTNEED;
import static io.offkraft.platform.MemoryFlags.MAP_ANONYMOUS;
import static io.offkraft.platform.MemoryFlags.MAP_NORESERVE;
import static io.offkraft.platform.MemoryFlags.MAP_PRIVATE;
import static io.offkraft.platform.MemoryFlags.MAP_SHARED;
import static io.offkraft.platform.MemoryFlags.MFD_CLOEXEC;
import static io.offkraft.platform.MemoryFlags.MREMAP_MAYMOVE;
import static io.offkraft.platform.MemoryFlags.PROT_NONE;
import static io.offkraft.platform.MemoryFlags.PROT_READ;
import static io.offkraft.platform.MemoryFlags.PROT_WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.word.RawMemory;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Every system call, made for real. */
class LinuxSystemCallsTest {
    private static final long PAGE = PageSizes.BASE_BYTES;
    private static final int ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS;

    private final SystemCalls calls = SystemCalls.linux();

    @Test
    void mappedMemoryIsZeroWritableAndResidentOnceTouched() {
        long address = calls.mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, ANONYMOUS, -1, 0);
        assertThat(calls.residentPages(address, 4 * PAGE)).isZero();
        assertThat(RawMemory.loadLongPlain(address + PAGE)).isZero();
        RawMemory.storeLongPlain(address + 2 * PAGE, 42);
        assertThat(calls.residentPages(address + 2 * PAGE, PAGE)).isEqualTo(1);
        assertThat(ResidentSet.ofRange(address, 4 * PAGE)).isBetween(PAGE, 2 * PAGE);
        calls.madvise(address, 4 * PAGE, MADV_DONTNEED);
        assertThat(calls.residentPages(address, 4 * PAGE)).isZero();
        assertThat(RawMemory.loadLongPlain(address + 2 * PAGE)).isZero();
        calls.munmap(address, 4 * PAGE);
    }

    @Test
    void protectionAllowsWhatItSays() {
        long address = calls.mmap(0, 2 * PAGE, PROT_NONE, ANONYMOUS | MAP_NORESERVE, -1, 0);
        calls.mprotect(address, PAGE, PROT_READ | PROT_WRITE);
        RawMemory.storeBytePlain(address, (byte) 1);
        calls.mprotect(address, PAGE, PROT_READ);
        assertThat(RawMemory.loadBytePlain(address)).isEqualTo((byte) 1);
        calls.munmap(address, 2 * PAGE);
    }

    @Test
    void remapGrowsAndKeepsTheContent() {
        long address = calls.mmap(0, PAGE, PROT_READ | PROT_WRITE, ANONYMOUS, -1, 0);
        RawMemory.storeLongPlain(address, 7);
        long grown = calls.mremap(address, PAGE, 64 * PAGE, MREMAP_MAYMOVE, 0);
        assertThat(RawMemory.loadLongPlain(grown)).isEqualTo(7);
        RawMemory.storeLongPlain(grown + 63 * PAGE, 8);
        calls.munmap(grown, 64 * PAGE);
    }

    @Test
    void anonymousFileIsSharedBetweenTwoMappings() {
        int fd = calls.memfdCreate("offkraft-test", MFD_CLOEXEC);
        calls.fallocate(fd, 0, 0, 2 * PAGE);
        long first = calls.mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        long second = calls.mmap(0, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
        calls.close(fd);
        RawMemory.storeLongPlain(first + PAGE, 99);
        assertThat(RawMemory.loadLongPlain(second)).isEqualTo(99);
        calls.munmap(first, 2 * PAGE);
        calls.munmap(second, PAGE);
    }

    @Test
    void affinityIsSetOfTheCallingThreadOnly() throws InterruptedException {
        CpuSet before = calls.affinity();
        int chosen = before.stream().max().orElseThrow();
        AtomicReference<CpuSet> seen = new AtomicReference<>();
        AtomicReference<Integer> cpu = new AtomicReference<>();
        Thread pinned =
                Thread.ofPlatform()
                        .start(() -> {
                            calls.setAffinity(CpuSet.of(chosen));
                            seen.set(calls.affinity());
                            cpu.set(Cpus.current());
                        });
        pinned.join();
        assertThat(seen.get()).isEqualTo(CpuSet.of(chosen));
        assertThat(cpu.get()).isEqualTo(chosen);
        assertThat(calls.affinity()).isEqualTo(before);
        assertThat(Cpus.available()).isEqualTo(before.size()).isPositive();
        assertThat(before.contains(Cpus.current())).isTrue();
    }

    @Test
    void refusalNamesCallArgumentsAndErrno() {
        assertRefused(() -> calls.munmap(1, PAGE), "munmap", "EINVAL", "0x1, 4096");
        long hole = calls.mmap(0, PAGE, PROT_NONE, ANONYMOUS, -1, 0);
        calls.munmap(hole, PAGE);
        assertRefused(
                () -> calls.mprotect(hole, PAGE, PROT_READ), "mprotect", "ENOMEM", "PROT_READ");
        assertRefused(
                () -> calls.madvise(hole + 1, PAGE, MADV_DONTNEED), "madvise", "EINVAL", "4096, 4");
        assertRefused(() -> calls.residentPages(hole, PAGE), "mincore", "ENOMEM", "4096");
        assertRefused(() -> calls.mremap(hole, PAGE, 2 * PAGE, 0, 0), "mremap", "EFAULT", "8192");
        assertRefused(
                () -> calls.mmap(0, 0, PROT_NONE, ANONYMOUS, -1, 0), "mmap", "EINVAL", "PROT_NONE");
        assertRefused(
                () -> calls.mmap(0, 1L << 62, PROT_NONE, ANONYMOUS, -1, 0),
                "mmap",
                "ENOMEM",
                "0x22");
        assertRefused(() -> calls.fallocate(-1, 0, 0, PAGE), "fallocate", "EBADF", "-1");
        assertRefused(() -> calls.close(-1), "close", "EBADF", "-1");
        assertRefused(() -> calls.memfdCreate("x", -1), "memfd_create", "EINVAL", "\"x\"");
        assertRefused(() -> calls.setAffinity(CpuSet.of()), "sched_setaffinity", "EINVAL", "{}");
    }

    private static void assertRefused(Runnable call, String name, String errno, String argument) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        SystemCallException.class,
                        refused -> {
                            assertThat(refused.call()).isEqualTo(name);
                            assertThat(refused.errnoName()).isEqualTo(errno);
                            assertThat(refused.arguments()).contains(argument);
                            assertThat(refused)
                                    .hasMessageStartingWith(name + "(")
                                    .hasMessageContaining(errno);
                        });
    }

    @Test
    void anotherSystemIsOneClearError() {
        HostSystem.check("Linux", "amd64");
        HostSystem.check("Linux", "aarch64");
        assertThatThrownBy(() -> HostSystem.check("Mac OS X", "aarch64"))
                .hasMessage(
                        "Offkraft runs on Linux on x86-64 and aarch64, not on Mac OS X on aarch64");
        assertThatThrownBy(() -> HostSystem.check("Linux", "riscv64"))
                .isInstanceOf(UnsupportedOperationException.class);
    }
}
