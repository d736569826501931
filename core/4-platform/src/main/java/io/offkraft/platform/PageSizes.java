// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import io.offkraft.word.PageOrder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The sizes of pages that this machine has.
 *
 * @param transparent when the kernel makes huge pages of ordinary memory
 * @param hugetlb the huge pages set aside by the administrator, by size, ascending
 */
public record PageSizes(Transparent transparent, List<Hugetlb> hugetlb) {
    /** Bytes of a base page: {@link SystemCalls#linux} refuses a kernel that has another. */
    public static final long BASE_BYTES = PageOrder.PAGE_BYTES;

    private static final Path TRANSPARENT = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");
    private static final Path HUGETLB = Path.of("/sys/kernel/mm/hugepages");
    private static final Pattern CHOSEN = Pattern.compile("\\[(\\w+)]");
    private static final Pattern FOLDER = Pattern.compile("hugepages-(\\d+)kB");

    /** When the kernel makes huge pages of ordinary memory. */
    public enum Transparent {
        /** Wherever it can. */
        ALWAYS,
        /** Where {@link MemoryFlags#MADV_HUGEPAGE} asked for it. */
        MADVISE,
        /** Never, or the kernel has none. */
        NEVER
    }

    /**
     * A pool of huge pages.
     *
     * @param bytes the size of one
     * @param total how many there are
     * @param free how many nobody has touched; some may be promised to mappings already
     */
    public record Hugetlb(long bytes, long total, long free) {}

    /**
     * Returns what the kernel says at this moment.
     *
     * @throws UncheckedIOException if it can't be read
     */
    public static PageSizes ofMachine() {
        try {
            Transparent transparent =
                    Files.isReadable(TRANSPARENT)
                            ? parseTransparent(Files.readString(TRANSPARENT))
                            : Transparent.NEVER;
            return new PageSizes(transparent, readPools(HUGETLB));
        } catch (IOException unreadable) {
            throw new UncheckedIOException("can't read " + TRANSPARENT.getParent(), unreadable);
        }
    }

    /**
     * Returns the mode in brackets of a line such as {@code always [madvise] never}. A mode that
     * this class does not know promises nothing: never.
     */
    static Transparent parseTransparent(String line) {
        Matcher chosen = CHOSEN.matcher(line);
        return switch (chosen.find() ? chosen.group(1) : "") {
            case "always" -> Transparent.ALWAYS;
            case "madvise" -> Transparent.MADVISE;
            default -> Transparent.NEVER;
        };
    }

    /** Returns the pools that the folders of {@code parent} tell of; none if there is no parent. */
    static List<Hugetlb> readPools(Path parent) throws IOException {
        if (!Files.isDirectory(parent)) {
            return List.of();
        }
        List<Hugetlb> pools = new ArrayList<>();
        try (Stream<Path> folders = Files.list(parent)) {
            for (Path folder : folders.toList()) {
                Matcher name = FOLDER.matcher(folder.getFileName().toString());
                if (name.matches()) {
                    pools.add(
                            new Hugetlb(
                                    Long.parseLong(name.group(1)) << 10,
                                    number(folder.resolve("nr_hugepages")),
                                    number(folder.resolve("free_hugepages"))));
                }
            }
        }
        pools.sort(Comparator.comparingLong(Hugetlb::bytes));
        return List.copyOf(pools);
    }

    private static long number(Path file) throws IOException {
        return Long.parseLong(Files.readString(file).strip());
    }
}
