// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.word.RawMemory;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProcessMappingTest {
    private static final long PAGE = PageSizes.BASE_BYTES;
    private static final int PRIVATE = MemoryFlags.MAP_PRIVATE | MemoryFlags.MAP_ANONYMOUS;

    private static final String SMAPS =
            """
            555500000000-555500002000 r-xp 00003000 fe:00 260131      /usr/bin/a b (deleted)
            Size:                  8 kB
            Rss:                   4 kB
            THPeligible:           0
            ProtectionKey:         0
            VmFlags: rd mr mw me
            7f0000000000-7f0000001000 rw-p 00000000 00:00 0           [anon:my heap]
            Swap:                 12 kB
            ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0   [vsyscall]
            """;

    @Test
    void eachLineIsReadWithItsFigures() throws IOException {
        List<ProcessMapping> read = ProcessMapping.parse(SMAPS);
        assertThat(read)
                .containsExactly(
                        new ProcessMapping(
                                0x5555_0000_0000L,
                                0x5555_0000_2000L,
                                "r-xp",
                                0x3000,
                                260_131,
                                "/usr/bin/a b (deleted)",
                                Map.of("Size", 8192L, "Rss", 4096L)),
                        new ProcessMapping(
                                0x7f00_0000_0000L,
                                0x7f00_0000_1000L,
                                "rw-p",
                                0,
                                0,
                                "[anon:my heap]",
                                Map.of("Swap", 12_288L)),
                        new ProcessMapping(
                                0xffff_ffff_ff60_0000L,
                                0xffff_ffff_ff60_1000L,
                                "--xp",
                                0,
                                0,
                                "[vsyscall]",
                                Map.of()));
        assertThat(read.get(0).sum("Rss", "Size", "Swap")).isEqualTo(12_288);
        assertThat(read.get(0).isOfFile()).isTrue();
        assertThat(read.get(0).givenName()).isEqualTo("/usr/bin/a b (deleted)");
        assertThat(read.get(1).isOfFile()).isFalse();
        assertThat(read.get(1).givenName()).isEqualTo("my heap");
        assertThat(read.get(2).bytes()).isEqualTo(4096);
    }

    @Test
    void emptyListIsEmptyAndWhatIsNoListIsRefusedWithItsLine() throws IOException {
        assertThat(ProcessMapping.parse("")).isEmpty();
        for (String wrong :
                List.of(
                        "Rss: 4 kB",
                        "7f00-7f01 rw 0 0:0 0",
                        "7f00-7g01 rw-p 0 00:00 0",
                        "10000000000000000-7f01 rw-p 0 00:00 0",
                        "nonsense")) {
            assertThatThrownBy(() -> ProcessMapping.parse(wrong))
                    .isInstanceOf(IOException.class)
                    .hasMessage("is no line of maps or smaps: " + wrong);
        }
        assertThatThrownBy(() -> ProcessMapping.parse(SMAPS + "nonsense\n"))
                .hasMessageEndingWith("nonsense");
    }

    @Test
    void listIsReadToItsEndHoweverLongItIs() {
        SystemCalls calls = SystemCalls.linux();
        int pairs = 2_000; // some hundred KiB of text
        long bytes = 2L * pairs * PAGE;
        long base = calls.mmap(0, bytes, MemoryFlags.PROT_NONE, PRIVATE, -1, 0);
        for (int pair = 0; pair < pairs; pair++) {
            calls.mprotect(base + (2L * pair + 1) * PAGE, PAGE, MemoryFlags.PROT_READ);
        }
        List<ProcessMapping> ours =
                ProcessMapping.ofThisProcess().stream()
                        .filter(mapping -> mapping.permissions().equals("r--p"))
                        .filter(mapping -> mapping.start() >= base && mapping.end() <= base + bytes)
                        .toList();
        calls.munmap(base, bytes);
        assertThat(ours).hasSize(pairs);
        for (int pair = 0; pair < pairs; pair++) {
            assertThat(ours.get(pair).start()).isEqualTo(base + (2L * pair + 1) * PAGE);
            assertThat(ours.get(pair).bytes()).isEqualTo(PAGE);
        }
    }

    @Test
    void figuresTellWhatIsInMemory() throws IOException {
        SystemCalls calls = SystemCalls.linux();
        long base = calls.mmap(0, 5 * PAGE, MemoryFlags.PROT_NONE, PRIVATE, -1, 0);
        calls.mprotect(base + PAGE, 3 * PAGE, MemoryFlags.PROT_READ | MemoryFlags.PROT_WRITE);
        RawMemory.fill(base + PAGE, 2 * PAGE, (byte) 1);
        ProcessMapping mapping =
                ProcessMapping.withFigures(ProcessHandle.current().pid()).stream()
                        .filter(listed -> listed.start() == base + PAGE)
                        .findFirst()
                        .orElseThrow();
        calls.munmap(base, 5 * PAGE);
        assertThat(mapping.permissions()).isEqualTo("rw-p");
        assertThat(mapping.sum("Size")).isEqualTo(3 * PAGE);
        assertThat(mapping.sum("Rss")).isEqualTo(2 * PAGE);
    }

    @Test
    void absentProcessIsAnError() {
        assertThatThrownBy(() -> ProcessMapping.withFigures(Integer.MAX_VALUE))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("/proc/2147483647/smaps");
    }
}
