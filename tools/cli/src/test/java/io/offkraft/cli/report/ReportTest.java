// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ReportTest {
    private static final ReplayResult VERIFIED =
            new ReplayResult(
                    "traces/a.ckt.gz", "offkraft", 1000, 3, 20.25, 4096, 8192L, 1L, 2L, 3L, 4L);
    private static final ReplayResult PEER =
            new ReplayResult(
                    "traces/a.ckt.gz", "glibc", 1000, 3, 40.5, 4096, 4096L, 0L, 0L, 0L, null);
    private static final ReplayResult UNVERIFIED =
            new ReplayResult(
                    "b.gz",
                    "netty-adaptive",
                    7,
                    1,
                    1234.56,
                    5_000_000,
                    null,
                    null,
                    null,
                    null,
                    null);

    @Test
    void jsonHasExactlyTheAgreedFieldsInOrder() {
        assertThat(JsonReport.of(List.of(VERIFIED, UNVERIFIED)).replaceAll("\\s", ""))
                .isEqualTo(
                        "{\"results\":[{\"trace\":\"traces/a.ckt.gz\",\"allocator\":\"offkraft\","
                                + "\"operations\":1000,\"threads\":3,\"nanosPerOperation\":20.25,"
                                + "\"peakLiveBytes\":4096,\"peakResidentBytes\":8192,"
                                + "\"overlaps\":1,\"corruptions\":2,\"misuses\":3,\"leaks\":4},"
                                + "{\"trace\":\"b.gz\",\"allocator\":\"netty-adaptive\","
                                + "\"operations\":7,\"threads\":1,\"nanosPerOperation\":1234.56,"
                                + "\"peakLiveBytes\":5000000,\"peakResidentBytes\":null,"
                                + "\"overlaps\":null,\"corruptions\":null,\"misuses\":null,"
                                + "\"leaks\":null}]}");
    }

    @Test
    void tableIsAlignedAndHasRatiosToGlibc() {
        assertThat(TextReport.of(List.of(VERIFIED, PEER, UNVERIFIED)).lines())
                .containsExactly(
                        "trace     allocator       operations  threads   ns/op  × glibc  peak live"
                                + "  peak resident  × glibc  overlaps  corruptions  misuses  leaks",
                        "a.ckt.gz  offkraft              1000        3    20.3     0.50    4.0 KiB"
                                + "        8.0 KiB     2.00         1            2        3      4",
                        "a.ckt.gz  glibc                 1000        3    40.5     1.00    4.0 KiB"
                                + "        4.0 KiB     1.00         0            0        0    n/a",
                        "b.gz      netty-adaptive           7        1  1234.6        –    4.8 MiB"
                                + "            n/a        –         –            –        –      –");
    }

    @Test
    void tableWithoutGlibcHasNoRatios() {
        assertThat(TextReport.of(List.of(VERIFIED))).doesNotContain("×").contains("20.3");
    }

    @Test
    void noResultsAreNoTableButAnEmptyDocument() {
        assertThat(TextReport.of(List.of())).isEmpty();
        assertThat(JsonReport.of(List.of()).replaceAll("\\s", "")).isEqualTo("{\"results\":[]}");
    }
}
