// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import static io.offkraft.platform.MemoryFlags.FALLOC_FL_KEEP_SIZE;
import static io.offkraft.platform.MemoryFlags.FALLOC_FL_PUNCH_HOLE;
import static io.offkraft.platform.MemoryFlags.MADV_DONTNEED;
import static io.offkraft.platform.MemoryFlags.MADV_POPULATE_WRITE;
import static io.offkraft.platform.MemoryFlags.MAP_ANONYMOUS;
import static io.offkraft.platform.MemoryFlags.MAP_NORESERVE;
import static io.offkraft.platform.MemoryFlags.MAP_PRIVATE;
import static io.offkraft.platform.MemoryFlags.MAP_SHARED;
import static io.offkraft.platform.MemoryFlags.MFD_CLOEXEC;
import static io.offkraft.platform.MemoryFlags.MPOL_BIND;
import static io.offkraft.platform.MemoryFlags.MREMAP_MAYMOVE;
import static io.offkraft.platform.MemoryFlags.MS_SYNC;
import static io.offkraft.platform.MemoryFlags.O_CLOEXEC;
import static io.offkraft.platform.MemoryFlags.O_CREAT;
import static io.offkraft.platform.MemoryFlags.O_RDWR;
import static io.offkraft.platform.MemoryFlags.PROT_NONE;
import static io.offkraft.platform.MemoryFlags.PROT_READ;
import static io.offkraft.platform.MemoryFlags.PROT_WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.word.RawMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
    void fileIsOpenedResizedMappedAndSynced(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("a file");
        int fd = calls.open(file.toString(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        calls.ftruncate(fd, 3 * PAGE);
        assertThat(calls.fileBytes(fd)).isEqualTo(3 * PAGE);
        long address = calls.mmap(0, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        calls.close(fd);
        RawMemory.storeBytePlain(address + PAGE, (byte) 42);
        calls.msync(address, 3 * PAGE, MS_SYNC);
        assertThat(Files.readAllBytes(file)[(int) PAGE]).isEqualTo((byte) 42);
        calls.munmap(address, 3 * PAGE);
        assertThatThrownBy(() -> calls.msync(address, PAGE, MS_SYNC))
                .hasMessageContaining("msync(0x%x, 4096, MS_SYNC) failed: ENOMEM", address);
    }

    @Test
    void fileThatCantBeOpenedIsNamed(@TempDir Path folder) {
        String missing = folder.resolve("missing").toString();
        assertThatThrownBy(() -> calls.open(missing, O_RDWR | O_CLOEXEC, 0))
                .hasMessage("open(\"%s\", O_RDWR|O_CLOEXEC, 00) failed: ENOENT (2)", missing);
        assertThatThrownBy(() -> calls.open("a\0b", 0, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("index 1");
        assertThatThrownBy(() -> calls.ftruncate(-1, 5))
                .hasMessage("ftruncate(-1, 5) failed: EBADF (9)");
        assertThatThrownBy(() -> calls.fileBytes(-1)).hasMessageContaining("EBADF");
    }

    @Test
    void lockedMemoryIsResidentAndCanBeUnlocked() {
        long address = calls.mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, ANONYMOUS, -1, 0);
        calls.mlock(address, 4 * PAGE);
        assertThat(calls.residentPages(address, 4 * PAGE)).isEqualTo(4);
        assertThatThrownBy(() -> calls.madvise(address, PAGE, MADV_DONTNEED))
                .hasMessageContaining("EINVAL");
        calls.munlock(address, 4 * PAGE);
        calls.madvise(address, PAGE, MADV_DONTNEED);
        calls.munmap(address, 4 * PAGE);
        assertThatThrownBy(() -> calls.mlock(address, PAGE)).hasMessageContaining("ENOMEM");
        assertThatThrownBy(() -> calls.munlock(address, PAGE)).hasMessageContaining("ENOMEM");
    }

    @Test
    void memoryIsBoundToTheFirstNode() {
        long address = calls.mmap(0, PAGE, PROT_READ | PROT_WRITE, ANONYMOUS, -1, 0);
        calls.mbind(address, PAGE, MPOL_BIND, 1, 0);
        RawMemory.storeBytePlain(address, (byte) 1);
        assertThatThrownBy(() -> calls.mbind(address, PAGE, MPOL_BIND, 0, 0))
                .hasMessage(
                        "mbind(0x%x, 4096, MPOL_BIND, 0x0, 65, 0) failed: EINVAL (22)", address);
        calls.munmap(address, PAGE);
    }

    @Test
    void anonymousMemoryIsNamedWhereTheKernelCan() throws IOException {
        long address = calls.mmap(0, PAGE, PROT_READ | PROT_WRITE, ANONYMOUS, -1, 0);
        boolean named;
        try {
            calls.setAnonymousName(address, PAGE, "offkraft test");
            named = true;
        } catch (SystemCallException refused) {
            assertThat(refused)
                    .hasMessageContaining("PR_SET_VMA_ANON_NAME, 0x%x, 4096", address)
                    .hasMessageContaining("\"offkraft test\") failed: EINVAL");
            named = false;
        }
        String maps = Files.readString(Path.of("/proc/self/maps"));
        assertThat(maps.contains("[anon:offkraft test]")).isEqualTo(named);
        calls.munmap(address, PAGE);
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
    void punchingAHoleGivesTheFilesMemoryBack() {
        int fd = calls.memfdCreate("offkraft-hole", MFD_CLOEXEC);
        calls.fallocate(fd, 0, 0, 4 * PAGE);
        long address = calls.mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        RawMemory.fill(address, 4 * PAGE, (byte) 7);
        assertThat(calls.residentPages(address, 4 * PAGE)).isEqualTo(4);
        calls.fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE, 2 * PAGE);
        assertThat(calls.residentPages(address, 4 * PAGE)).isEqualTo(2);
        assertThat(RawMemory.loadBytePlain(address + PAGE)).isZero();
        assertThat(RawMemory.loadBytePlain(address + 3 * PAGE)).isEqualTo((byte) 7);
        calls.munmap(address, 4 * PAGE);
        calls.close(fd);
        assertRefused(() -> calls.close(fd), "close", "EBADF", Integer.toString(fd));
    }

    @Test
    void anonymousFileHasTheNameItWasGiven() throws IOException {
        int fd = calls.memfdCreate("offkraft-größe", MFD_CLOEXEC);
        Path link = Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd));
        assertThat(link).hasToString("/memfd:offkraft-größe (deleted)");
        calls.close(fd);
        assertThatThrownBy(() -> calls.memfdCreate("half\0lost", MFD_CLOEXEC))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("index 4");
        assertRefused(
                () -> calls.memfdCreate("x".repeat(250), MFD_CLOEXEC),
                "memfd_create",
                "EINVAL",
                "MFD_CLOEXEC");
    }

    @Test
    void residentPagesAreCountedAcrossTheStepsOfLongRanges() {
        long step = LinuxSystemCalls.RESIDENCE_STEP_PAGES * PAGE;
        long bytes = 2 * step + 3 * PAGE;
        long address =
                calls.mmap(0, bytes, PROT_READ | PROT_WRITE, ANONYMOUS | MAP_NORESERVE, -1, 0);
        long[] touched = {0, step - PAGE, step, 2 * step - PAGE, 2 * step + 2 * PAGE};
        for (long offset : touched) {
            calls.madvise(address + offset, PAGE, MADV_POPULATE_WRITE);
        }
        assertThat(calls.residentPages(address, bytes)).isEqualTo(touched.length);
        assertThat(calls.residentPages(address, bytes - 1)).isEqualTo(touched.length);
        assertThat(calls.residentPages(address, bytes - PAGE)).isEqualTo(touched.length - 1);
        assertThat(calls.residentPages(address, 0)).isZero();
        calls.munmap(address, bytes);
    }

    @Test
    void protectionChangesBeforeTheHoleThatFailsIt() throws IOException {
        long address = calls.mmap(0, 3 * PAGE, PROT_NONE, ANONYMOUS, -1, 0);
        calls.munmap(address + PAGE, PAGE);
        assertRefused(
                () -> calls.mprotect(address, 3 * PAGE, PROT_READ | PROT_WRITE),
                "mprotect",
                "ENOMEM",
                "PROT_READ|PROT_WRITE");
        assertThat(permissionsOf(address)).isEqualTo("rw-p");
        assertThat(permissionsOf(address + 2 * PAGE)).isEqualTo("---p");
        calls.munmap(address, 3 * PAGE);
    }

    /** The kernel may have merged the page with a neighbour that is not ours. */
    private static String permissionsOf(long address) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
            String[] fields = line.split("[- ]", 3);
            if (Long.parseUnsignedLong(fields[0], 16) <= address
                    && address < Long.parseUnsignedLong(fields[1], 16)) {
                return fields[2].substring(0, 4);
            }
        }
        return "not mapped";
    }

    @Test
    void callsOfVirtualThreadsWorkAndTheirErrorsAreTheirOwn() throws InterruptedException {
        Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        List<Thread> threads = new ArrayList<>();
        for (int number = 0; number < 64; number++) {
            boolean even = number % 2 == 0;
            threads.add(
                    Thread.startVirtualThread(() -> {
                        try {
                            refuseOften(even);
                        } catch (Throwable thrown) {
                            failures.add(thrown);
                        }
                    }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failures).isEmpty();
    }

    @SuppressWarnings("ThreadPriorityCheck") // another virtual thread gets the carrier in between
    private void refuseOften(boolean even) {
        for (int round = 0; round < 200; round++) {
            if (even) {
                assertRefused(() -> calls.close(-1), "close", "EBADF", "-1");
            } else {
                assertRefused(() -> calls.munmap(1, PAGE), "munmap", "EINVAL", "0x1");
            }
            Thread.yield();
        }
    }

    @Test
    void refusalNamesCallArgumentsAndErrno() {
        assertRefused(() -> calls.munmap(1, PAGE), "munmap", "EINVAL", "0x1, 4096");
        long hole = calls.mmap(0, PAGE, PROT_NONE, ANONYMOUS, -1, 0);
        calls.munmap(hole, PAGE);
        assertRefused(
                () -> calls.mprotect(hole, PAGE, PROT_READ), "mprotect", "ENOMEM", "PROT_READ");
        assertRefused(
                () -> calls.madvise(hole + 1, PAGE, MADV_DONTNEED),
                "madvise",
                "EINVAL",
                "MADV_DONTNEED");
        assertRefused(() -> calls.residentPages(hole, PAGE), "mincore", "ENOMEM", "4096");
        assertRefused(
                () -> calls.mremap(hole, PAGE, 2 * PAGE, MREMAP_MAYMOVE, 0),
                "mremap",
                "EFAULT",
                "8192, MREMAP_MAYMOVE");
        assertRefused(
                () -> calls.mmap(0, 0, PROT_NONE, ANONYMOUS, -1, 0), "mmap", "EINVAL", "PROT_NONE");
        assertRefused(
                () -> calls.mmap(0, 1L << 62, PROT_NONE, ANONYMOUS, -1, 0),
                "mmap",
                "ENOMEM",
                "PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0");
        assertRefused(() -> calls.fallocate(-1, 0, 0, PAGE), "fallocate", "EBADF", "-1");
        assertRefused(() -> calls.close(-1), "close", "EBADF", "-1");
        assertRefused(() -> calls.memfdCreate("x", -1), "memfd_create", "EINVAL", "\"x\", MFD_");
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
    void messageReadsLikeTheManualPage() {
        assertThatThrownBy(() -> calls.mprotect(4096, 2 << 20, PROT_NONE))
                .hasMessage("mprotect(0x1000, 2097152, PROT_NONE) failed: ENOMEM (12)");
    }

    @Test
    void anotherSystemIsOneClearError() {
        assertThat(HostSystem.problemOrNull("Linux", "amd64")).isNull();
        assertThat(HostSystem.problemOrNull("Linux", "aarch64")).isNull();
        assertThat(HostSystem.problemOrNull("Mac OS X", "aarch64"))
                .isEqualTo(
                        "Offkraft runs on Linux on x86-64 and aarch64, not on Mac OS X on aarch64");
        assertThat(HostSystem.problemOrNull("Linux", "riscv64"))
                .endsWith("not on Linux on riscv64");
        assertThat(HostSystem.problemOrNull(4096)).isNull();
        assertThat(HostSystem.problemOrNull(65536))
                .isEqualTo("Offkraft runs on kernels with pages of 4096 bytes; this one has 65536");
        HostSystem.check();
    }
}
