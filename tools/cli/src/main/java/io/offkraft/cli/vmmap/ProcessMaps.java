// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vmmap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the kernel lists of a process's addresses, {@code /proc/PID/smaps} or {@code maps}.
 *
 * <p>A snapshot taken piece by piece: what changes meanwhile may be seen or not.
 */
public final class ProcessMaps {
    private static final Pattern RANGE =
            Pattern.compile(
                    "([0-9a-f]{1,16})-([0-9a-f]{1,16}) ([r-][w-][x-][ps]) ([0-9a-f]{1,16})"
                            + " [0-9a-f]+:[0-9a-f]+ (\\d+) *(.*)");
    private static final Pattern FIGURE = Pattern.compile("(\\w+): +(\\d+) kB");
    private static final Pattern NAMED = Pattern.compile("\\[anon(?:_shmem)?:(.*)]");

    private ProcessMaps() {}

    /**
     * Returns the ranges of a process with their figures, ascending.
     *
     * @throws IOException if there is no such process, or it is not to be read by this user
     */
    public static List<MappedRange> withFigures(long pid) throws IOException {
        return parse(Files.readAllLines(Path.of("/proc", Long.toString(pid), "smaps")));
    }

    /** Returns the ranges of this process, ascending; figures are 0. */
    public static List<MappedRange> ofThisProcess() throws IOException {
        return parse(Files.readAllLines(Path.of("/proc/self/maps")));
    }

    /** Returns what the lines of {@code smaps} or {@code maps} say. */
    static List<MappedRange> parse(List<String> lines) throws IOException {
        List<MappedRange> ranges = new ArrayList<>();
        Matcher range = null;
        Map<String, Long> figures = new HashMap<>();
        for (String line : lines) {
            Matcher next = RANGE.matcher(line);
            if (next.matches()) {
                if (range != null) {
                    ranges.add(range(range, figures));
                }
                range = next;
                figures.clear();
                continue;
            }
            Matcher figure = FIGURE.matcher(line);
            if (range == null) {
                throw new IOException("is no line of maps or smaps: " + line);
            }
            if (figure.matches()) { // others are flags
                figures.put(figure.group(1), Long.parseLong(figure.group(2)) << 10);
            }
        }
        if (range != null) {
            ranges.add(range(range, figures));
        }
        return ranges;
    }

    private static MappedRange range(Matcher range, Map<String, Long> figures) {
        long start = Long.parseUnsignedLong(range.group(1), 16);
        long end = Long.parseUnsignedLong(range.group(2), 16);
        String permissions = range.group(3);
        boolean ofFile = !range.group(5).equals("0");
        String listed = range.group(6);
        Matcher named = NAMED.matcher(listed);
        boolean isTouched = sum(figures, "Rss", "Swap") > 0; // before the right to it was taken
        MappedRange.Type type = type(listed, permissions, ofFile, isTouched);
        long hugetlb = sum(figures, "Shared_Hugetlb", "Private_Hugetlb");
        return new MappedRange(
                start,
                end,
                type,
                permissions,
                ofFile ? Long.parseUnsignedLong(range.group(4), 16) : 0,
                type == MappedRange.Type.RESERVED ? 0 : end - start,
                sum(figures, "Rss") + hugetlb,
                sum(figures, "AnonHugePages", "ShmemPmdMapped", "FilePmdMapped") + hugetlb,
                sum(figures, "Swap"),
                named.matches() ? named.group(1) : listed);
    }

    private static MappedRange.Type type(
            String name, String permissions, boolean ofFile, boolean isTouched) {
        if (name.equals("[heap]")) {
            return MappedRange.Type.HEAP;
        }
        if (name.startsWith("[stack")) {
            return MappedRange.Type.STACK;
        }
        if (name.startsWith("[v") || name.equals("[uprobes]")) {
            return MappedRange.Type.KERNEL;
        }
        if (name.startsWith("/memfd:")
                || name.startsWith("/dev/shm/")
                || name.startsWith("/dev/zero")
                || name.startsWith("/SYSV")) {
            return MappedRange.Type.SHARED;
        }
        if (ofFile && !name.startsWith("/anon_hugepage")) {
            return MappedRange.Type.FILE;
        }
        return permissions.equals("---p") && !isTouched
                ? MappedRange.Type.RESERVED
                : MappedRange.Type.ANONYMOUS;
    }

    private static long sum(Map<String, Long> figures, String... names) {
        long sum = 0;
        for (String name : names) {
            sum += figures.getOrDefault(name, 0L);
        }
        return sum;
    }
}
