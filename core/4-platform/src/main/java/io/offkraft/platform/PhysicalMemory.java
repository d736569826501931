// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The machine's memory, as {@code /proc/meminfo} tells. */
public final class PhysicalMemory {
    private static final Path MEMINFO = Path.of("/proc/meminfo");

    private PhysicalMemory() {}

    /**
     * Returns the bytes of memory that the kernel manages; a container's limit, if lower, is not
     * looked at.
     */
    public static long totalBytes() {
        try {
            return totalBytes(Files.readAllLines(MEMINFO));
        } catch (IOException unreadable) {
            throw new UncheckedIOException("can't read " + MEMINFO, unreadable);
        }
    }

    static long totalBytes(List<String> meminfo) {
        for (String line : meminfo) {
            if (line.startsWith("MemTotal:")) {
                String[] words = line.split(" +", -1);
                return Long.parseLong(words[1]) << 10;
            }
        }
        throw new IllegalStateException(MEMINFO + " has no line \"MemTotal: … kB\"");
    }
}
