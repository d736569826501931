// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.platform.PageSizes.Hugetlb;
import io.offkraft.platform.PageSizes.Transparent;
import io.offkraft.word.RawMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the kernel tells of pages and resident sets. */
class ProcessFiguresTest {
    private static final long PAGE = PageSizes.BASE_BYTES;
    private static final int PRIVATE = MemoryFlags.MAP_PRIVATE | MemoryFlags.MAP_ANONYMOUS;

    private static final String STATUS =
            """
            Name:\tjava
            VmPeak:\t 8542972 kB
            VmSize:\t 8542968 kB
            VmLck:\t       0 kB
            VmHWM:\t  219772 kB
            VmRSS:\t  214772 kB
            RssAnon:\t  190104 kB
            RssFile:\t   24628 kB
            RssShmem:\t      40 kB
            VmData:\t  353088 kB
            VmSwap:\t       0 kB
            """;

    @Test
    void statusIsReadInBytes() {
        assertThat(ResidentSet.parse(STATUS.lines().toList()))
                .isEqualTo(
                        new ResidentSet(
                                214_772L << 10,
                                190_104L << 10,
                                24_628L << 10,
                                40L << 10,
                                219_772L << 10));
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
                        0, bytes, MemoryFlags.PROT_READ | MemoryFlags.PROT_WRITE, PRIVATE, -1, 0);
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
        assertThat(PageSizes.parseTransparent("always [someday] never"))
                .isEqualTo(Transparent.NEVER);
        assertThat(PageSizes.ofMachine().hugetlb())
                .allMatch(pool -> pool.bytes() > 4096 && pool.free() <= pool.total());
    }

    @Test
    void poolsOfHugePagesAreReadFromTheirFolders(@TempDir Path recorded) throws IOException {
        pool(recorded, "hugepages-1048576kB", "0\n", "0\n");
        pool(recorded, "hugepages-2048kB", "128\n", "97\n");
        Files.createDirectory(recorded.resolve("something-else"));
        assertThat(PageSizes.readPools(recorded))
                .containsExactly(new Hugetlb(2L << 20, 128, 97), new Hugetlb(1L << 30, 0, 0));
        assertThat(PageSizes.readPools(recorded.resolve("absent"))).isEmpty();
    }

    private static void pool(Path parent, String name, String total, String free)
            throws IOException {
        Path folder = Files.createDirectory(parent.resolve(name));
        Files.writeString(folder.resolve("nr_hugepages"), total);
        Files.writeString(folder.resolve("free_hugepages"), free);
    }

    @Test
    void residentSetOfARangeIsWhatTheKernelChargesOnceItIsWritten() throws IOException {
        SystemCalls calls = SystemCalls.linux();
        long pages = 16;
        // Alone in its mapping: the pages around it have another protection.
        long reserved = calls.mmap(0, (pages + 2) * PAGE, MemoryFlags.PROT_NONE, PRIVATE, -1, 0);
        long address = reserved + PAGE;
        calls.mprotect(address, pages * PAGE, MemoryFlags.PROT_READ | MemoryFlags.PROT_WRITE);
        assertThat(RawMemory.loadBytePlain(address)).isZero();
        assertThat(ResidentSet.ofRange(address, PAGE)).as("a page that was read").isEqualTo(PAGE);
        // The one of zeros that all share, charged to nobody; some kernels give one of its own.
        assertThat(rssOfMapping(address)).as("of a page that was read").isIn(0L, PAGE);
        RawMemory.fill(address, pages * PAGE, (byte) 1);
        assertThat(ResidentSet.ofRange(address, pages * PAGE)).isEqualTo(pages * PAGE);
        assertThat(rssOfMapping(address)).isEqualTo(pages * PAGE);
        calls.munmap(reserved, (pages + 2) * PAGE);
    }

    private static long rssOfMapping(long start) throws IOException {
        boolean inside = false;
        for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
            inside |= line.startsWith(Long.toHexString(start) + "-");
            if (inside && line.startsWith("Rss:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) << 10;
            }
        }
        throw new AssertionError("no mapping starts at 0x" + Long.toHexString(start));
    }
}
