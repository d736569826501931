// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.report;

import io.offkraft.cli.vmmap.MappedRange;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/** What addresses are used for, as a table or a JSON document. */
public final class MapReport {
    private static final int BAR_CHARS = 10;

    private MapReport() {}

    /** Returns {@code {"ranges":[...]}}. */
    public static String json(List<MappedRange> ranges) {
        return JsonReport.ofDocument(new Document(ranges));
    }

    private record Document(List<MappedRange> ranges) {}

    /** Returns a table with a heading and totals, ending in a line break. */
    public static String text(List<MappedRange> ranges) {
        TextTable table = new TextTable(3);
        List<String> heading = new ArrayList<>(List.of("address", "type", "may", "size"));
        heading.addAll(List.of("committed", "resident", "huge", "swap", "in memory"));
        int nameChars = 4;
        for (MappedRange range : ranges) {
            nameChars = Math.max(nameChars, range.name().length());
        }
        heading.add(padded("name", nameChars));
        table.add(heading);
        for (MappedRange range : ranges) {
            table.add(
                    row(
                            "%x".formatted(range.start()),
                            range.type().toString(),
                            range.permissions(),
                            List.of(range),
                            padded(printable(range.name()), nameChars)));
        }
        String areas = ranges.size() + " ranges";
        table.add(row("all", areas, "", ranges, padded("", nameChars)));
        return table.render();
    }

    private static List<String> row(
            String address, String type, String may, List<MappedRange> ranges, String name) {
        long bytes = sum(ranges, MappedRange::bytes);
        long resident = sum(ranges, MappedRange::residentBytes);
        return List.of(
                address,
                type,
                may,
                Sizes.text(bytes),
                size(sum(ranges, MappedRange::committedBytes)),
                size(resident),
                size(sum(ranges, MappedRange::hugeBytes)),
                size(sum(ranges, MappedRange::swapBytes)),
                bar(resident, bytes),
                name);
    }

    private static long sum(List<MappedRange> ranges, ToLongFunction<MappedRange> figure) {
        return ranges.stream().mapToLong(figure).sum();
    }

    private static String size(long bytes) {
        return bytes == 0 ? "–" : Sizes.text(bytes);
    }

    /** Returns how much of {@code all} there is: a mark for each tenth that is begun. */
    private static String bar(long part, long all) {
        int marks = (int) Math.ceilDiv(Math.min(part, all) * BAR_CHARS, Math.max(all, 1));
        return "#".repeat(marks) + ".".repeat(BAR_CHARS - marks);
    }

    private static String padded(String text, int chars) {
        return text + " ".repeat(Math.max(0, chars - text.length()));
    }

    static String printable(String name) {
        return name.replaceAll("\\p{Cntrl}", "?");
    }
}
