// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What limits the mappings of the process, and how much of it is used.
 *
 * @param mappings how many mappings the process has
 * @param mappingsMax how many it may have: {@code vm.max_map_count}
 * @param virtualBytes bytes of its mappings
 * @param virtualBytesMax how many it may have: RLIMIT_AS; {@link Long#MAX_VALUE} if unlimited
 * @param lockedBytesMax how many it may lock in memory: RLIMIT_MEMLOCK
 * @param strictCommit whether the kernel promises no more memory than it has: {@code
 *     vm.overcommit_memory=2}
 * @param promisedBytes bytes that it has promised to all processes
 * @param promisedBytesMax how many it promises if strict
 */
public record MappingLimits(
        long mappings,
        long mappingsMax,
        long virtualBytes,
        long virtualBytesMax,
        long lockedBytesMax,
        boolean strictCommit,
        long promisedBytes,
        long promisedBytesMax) {
    private static final Path MAPS = Path.of("/proc/self/maps");
    private static final Path MAPS_MAX = Path.of("/proc/sys/vm/max_map_count");
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path LIMITS = Path.of("/proc/self/limits");
    private static final Path OVERCOMMIT = Path.of("/proc/sys/vm/overcommit_memory");
    private static final Path MEMORY = Path.of("/proc/meminfo");
    private static final String STRICT = "2";

    /**
     * Returns the figures of this moment. Takes about a microsecond a mapping.
     *
     * @throws UncheckedIOException if they can't be read
     */
    public static MappingLimits ofProcess() {
        try (Stream<String> maps = Files.lines(MAPS)) {
            List<String> limits = Files.readAllLines(LIMITS);
            List<String> memory = Files.readAllLines(MEMORY);
            return new MappingLimits(
                    maps.count(),
                    Long.parseLong(setting(MAPS_MAX)),
                    kibibytes(Files.readAllLines(STATUS), "VmSize:"),
                    softLimit(limits, "Max address space"),
                    softLimit(limits, "Max locked memory"),
                    setting(OVERCOMMIT).equals(STRICT),
                    kibibytes(memory, "Committed_AS:"),
                    kibibytes(memory, "CommitLimit:"));
        } catch (IOException unreadable) {
            throw new UncheckedIOException("can't read the limits of mappings", unreadable);
        }
    }

    /**
     * Returns whether the kernel promises no more memory than it has, {@code
     * vm.overcommit_memory=2}; no if it does not tell.
     */
    public static boolean isCommitStrict() {
        try {
            return setting(OVERCOMMIT).equals(STRICT);
        } catch (IOException untold) {
            return false;
        }
    }

    /** The kernel gives a setting to one read only, so that must not be of a byte or two. */
    private static String setting(Path file) throws IOException {
        return Files.readAllLines(file).getFirst().strip();
    }

    /** Returns the first number of a line such as {@code Max locked memory 8192 8192 bytes}. */
    static long softLimit(List<String> limits, String name) {
        for (String line : limits) {
            if (line.startsWith(name)) {
                String soft = line.substring(name.length()).strip().split("\\s+", 2)[0];
                return soft.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(soft);
            }
        }
        throw new IllegalStateException(LIMITS + " has no line \"" + name + "\"");
    }

    /** Returns the bytes of a line such as {@code VmSize: 1234 kB}. */
    static long kibibytes(List<String> lines, String key) {
        for (String line : lines) {
            if (line.startsWith(key)) {
                return Long.parseLong(line.substring(key.length()).replace("kB", "").strip()) << 10;
            }
        }
        throw new IllegalStateException("no line \"" + key + " … kB\"");
    }
}
