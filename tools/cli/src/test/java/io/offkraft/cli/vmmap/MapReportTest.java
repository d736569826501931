// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vmmap;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.cli.report.MapPicture;
import io.offkraft.cli.report.MapReport;
import io.offkraft.platform.ProcessMapping;
import io.offkraft.vmem.AreaRequest;
import io.offkraft.vmem.Protection;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.RawMemory;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;

class MapReportTest {
    private static final List<String> SMAPS =
            List.of(
                    "555500000000-555500002000 r-xp 00003000 fe:00 260131      /usr/bin/a<b>&\"c",
                    "Size:                  8 kB",
                    "Rss:                   4 kB",
                    "FilePmdMapped:         0 kB",
                    "VmFlags: rd mr mw me",
                    "555500002000-555500003000 ---p 00000000 00:00 0",
                    "555500100000-555500500000 rw-p 00000000 00:00 0           [heap]",
                    "Rss:                2052 kB",
                    "AnonHugePages:      2048 kB",
                    "Swap:                 12 kB",
                    "7f0000000000-7f0000001000 rw-p 00000000 00:00 0           [anon:my \u0001heap]",
                    "7f0000001000-7f0000002000 rw-s 00001000 00:01 77          /memfd:ring (deleted)",
                    "7f0000200000-7f0000400000 rw-p 00000000 00:0f 5           /anon_hugepage",
                    "Private_Hugetlb:    2048 kB",
                    "7fff00000000-7fff00021000 rw-p 00000000 00:00 0           [stack]",
                    "7fff00021000-7fff00023000 r-xp 00000000 00:00 0           [vdso]");

    @Test
    void tableTellsEachRangeAndTheSum() throws IOException {
        assertThat(MapReport.text(ranges(SMAPS)).lines())
                .containsExactly(
                        "address       type       may        size  committed  residen"
                                + "t     huge      swap   in memory  name",
                        "555500000000  file       r-xp    8.0 KiB    8.0 KiB   4.0 Ki"
                                + "B        –         –  #####.....  /usr/bin/a<b>&\"c",
                        "555500002000  reserved   ---p    4.0 KiB          –         "
                                + "–        –         –  ..........",
                        "555500100000  heap       rw-p    4.0 MiB    4.0 MiB   2.0 Mi"
                                + "B  2.0 MiB  12.0 KiB  ######....  [heap]",
                        "7f0000000000  anonymous  rw-p    4.0 KiB    4.0 KiB         "
                                + "–        –         –  ..........  my ?heap",
                        "7f0000001000  shared     rw-s    4.0 KiB    4.0 KiB         "
                                + "–        –         –  ..........  /memfd:ring (deleted)",
                        "7f0000200000  anonymous  rw-p    2.0 MiB    2.0 MiB   2.0 Mi"
                                + "B  2.0 MiB         –  ##########  /anon_hugepage",
                        "7fff00000000  stack      rw-p  132.0 KiB  132.0 KiB         "
                                + "–        –         –  ..........  [stack]",
                        "7fff00021000  kernel     r-xp    8.0 KiB    8.0 KiB         "
                                + "–        –         –  ..........  [vdso]",
                        "all           8 ranges           6.2 MiB    6.2 MiB   4.0 Mi"
                                + "B  4.0 MiB  12.0 KiB  #######...");
    }

    @Test
    void pictureIsValidXmlWithATitleARange() throws Exception {
        List<MappedRange> ranges = ranges(SMAPS);
        Document svg = xml(MapPicture.svg(ranges));

        assertThat(svg.getDocumentElement().getTagName()).isEqualTo("svg");
        assertThat(svg.getElementsByTagName("title").getLength()).isEqualTo(ranges.size());
        assertThat(svg.getElementsByTagName("title").item(0).getTextContent())
                .startsWith("555500000000-555500002000 file r-xp /usr/bin/a<b>&\"c; 8.0 KiB");
        assertThat(svg.getElementsByTagName("title").item(3).getTextContent()).contains("my ?heap");
        assertThat(svg.getElementsByTagName("line").getLength()).isEqualTo(4);
        assertThat(xml(MapPicture.svg(List.of())).getElementsByTagName("title").getLength())
                .isZero();
    }

    @Test
    void gapBelowTheKernelsHalfIsAsLongAsItIs() throws IOException {
        List<MappedRange> ranges =
                ranges(
                        List.of(
                                "7fff00021000-7fff00023000 r-xp 00000000 00:00 0 [vdso]",
                                "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0"
                                        + " [vsyscall]"));

        assertThat(MapPicture.svg(ranges)).contains(">16.0 EiB of nothing<");
    }

    @Test
    void memoryThatWasTouchedBeforeItWasProtectedIsNotReserved() throws IOException {
        List<String> lines =
                List.of("7f0000000000-7f0000002000 ---p 00000000 00:00 0", "Rss:       4 kB");
        assertThat(ranges(lines).getFirst())
                .extracting(MappedRange::type, MappedRange::committedBytes)
                .containsExactly(MappedRange.Type.ANONYMOUS, 8192L);
    }

    @Test
    void jsonHasTheFieldsInOrder() throws IOException {
        assertThat(MapReport.json(ranges(SMAPS.subList(0, 3))).replaceAll("\\s", ""))
                .isEqualTo(
                        "{\"ranges\":[{\"start\":93823560581120,\"end\":93823560589312,"
                                + "\"type\":\"file\",\"permissions\":\"r-xp\",\"offset\":12288,"
                                + "\"committedBytes\":8192,\"residentBytes\":4096,\"hugeBytes\":0,"
                                + "\"swapBytes\":0,\"name\":\"/usr/bin/a<b>&\\\"c\"}]}");
    }

    @Test
    void areasOfASpaceAreDrawnAlike() throws Exception {
        try (VirtualAddressSpace space = VirtualAddressSpace.reserve(1 << 20)) {
            long first = space.map(AreaRequest.anonymous(8192).named("pair")).start();
            space.map(AreaRequest.stack(8192));
            space.map(AreaRequest.anonymous(4096).protection(Protection.READ));
            RawMemory.storeLongPlain(first, 1);

            List<MappedRange> ranges = MappedRange.of(space);

            assertThat(ranges.stream().map(MappedRange::type))
                    .containsExactly(
                            MappedRange.Type.ANONYMOUS,
                            MappedRange.Type.GUARD,
                            MappedRange.Type.STACK,
                            MappedRange.Type.GUARD,
                            MappedRange.Type.ANONYMOUS);
            assertThat(ranges.getFirst().residentBytes()).isEqualTo(4096);
            assertThat(ranges.get(1).committedBytes()).isZero();
            assertThat(MapReport.text(ranges)).contains("pair", "5 ranges", "guard");
            assertThat(xml(MapPicture.svg(ranges)).getElementsByTagName("title").getLength())
                    .isEqualTo(5);
        }
    }

    private static List<MappedRange> ranges(List<String> lines) throws IOException {
        return ProcessMaps.ranges(ProcessMapping.parse(String.join("\n", lines)));
    }

    private static Document xml(String text) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    }
}
