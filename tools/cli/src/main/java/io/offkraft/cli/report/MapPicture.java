// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.report;

import io.offkraft.cli.vmmap.MappedRange;
import java.util.List;
import java.util.Locale;

/**
 * What addresses are used for, as a picture (SVG): low addresses on top, a bar a range, as high as
 * the logarithm of its size; gaps are cut short. The part of the bar that is full is resident.
 */
public final class MapPicture {
    private static final int BAR_X = 130;
    private static final int BAR_WIDTH = 260;
    private static final int WIDTH = 1000;
    private static final int TOP = 40;
    private static final int GAP_HEIGHT = 14;
    private static final int LEAST_HEIGHT = 12;
    private static final int LEGEND_STEP = 110;

    private final StringBuilder svg = new StringBuilder();

    private MapPicture() {}

    /** Returns the picture, an XML document ending in a line break. */
    public static String svg(List<MappedRange> ranges) {
        return new MapPicture().draw(ranges);
    }

    private String draw(List<MappedRange> ranges) {
        int height = TOP;
        MappedRange before = null;
        for (MappedRange range : ranges) {
            if (before != null && before.end() != range.start()) {
                gap(height, range.start() - before.end());
                height += GAP_HEIGHT;
            }
            bar(height, range);
            height += height(range);
            before = range;
        }
        legend();
        return ("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
                                + " font-family=\"monospace\" font-size=\"10\">\n"
                                + "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n")
                        .formatted(WIDTH, height + GAP_HEIGHT)
                + svg
                + "</svg>\n";
    }

    private void legend() {
        int x = 10;
        for (MappedRange.Type type : MappedRange.Type.values()) {
            svg.append(
                    "<rect x=\"%d\" y=\"10\" width=\"12\" height=\"12\" fill=\"%s\"/>"
                            .formatted(x, colour(type)));
            text(x + 16, 20, type.toString());
            x += LEGEND_STEP;
        }
    }

    private void gap(int y, long bytes) {
        int middle = y + GAP_HEIGHT / 2;
        svg.append(
                ("<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"gray\""
                                + " stroke-dasharray=\"2 3\"/>")
                        .formatted(BAR_X, middle, BAR_X + BAR_WIDTH, middle));
        text(BAR_X + BAR_WIDTH + 8, middle + 4, Sizes.text(bytes) + " of nothing");
    }

    private void bar(int y, MappedRange range) {
        String colour = colour(range.type());
        double resident = Math.min(1, (double) range.residentBytes() / range.bytes());
        svg.append("<g><title>").append(escaped(description(range))).append("</title>");
        svg.append(
                ("<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\""
                                + " fill-opacity=\"0.25\" stroke=\"white\"/>")
                        .formatted(BAR_X, y, BAR_WIDTH, height(range), colour));
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>",
                        BAR_X,
                        y + 1,
                        resident * BAR_WIDTH,
                        height(range) - 2,
                        colour));
        text(10, y + 10, "%x".formatted(range.start()));
        text(
                BAR_X + BAR_WIDTH + 8,
                y + 10,
                "%s %s %s".formatted(range.permissions(), Sizes.text(range.bytes()), range.name()));
        svg.append("</g>\n");
    }

    private static String description(MappedRange range) {
        return "%x-%x %s %s %s; %s committed, %s resident, %s huge, %s in swap"
                .formatted(
                        range.start(),
                        range.end(),
                        range.type(),
                        range.permissions(),
                        range.name(),
                        Sizes.text(range.committedBytes()),
                        Sizes.text(range.residentBytes()),
                        Sizes.text(range.hugeBytes()),
                        Sizes.text(range.swapBytes()));
    }

    /** Returns two dots more for each doubling of the size. */
    private static int height(MappedRange range) {
        int doublings = Long.SIZE - Long.numberOfLeadingZeros(range.bytes() >>> 12);
        return LEAST_HEIGHT + 2 * doublings;
    }

    private void text(int x, int y, String text) {
        svg.append("<text x=\"%d\" y=\"%d\">".formatted(x, y))
                .append(escaped(text))
                .append("</text>\n");
    }

    private static String colour(MappedRange.Type type) {
        return switch (type) {
            case ANONYMOUS -> "#1f77b4";
            case HEAP -> "#17becf";
            case STACK -> "#2ca02c";
            case GUARD -> "#d62728";
            case FILE -> "#ff7f0e";
            case SHARED -> "#9467bd";
            case RESERVED -> "#7f7f7f";
            case KERNEL -> "#8c564b";
        };
    }

    /** XML allows few control characters, and names may have any. */
    private static String escaped(String text) {
        return MapReport.printable(text)
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replaceAll("[\\uD800-\\uDFFF\\uFFFE\\uFFFF]", "?");
    }
}
