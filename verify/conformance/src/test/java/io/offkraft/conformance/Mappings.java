// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The kernel's own list of this process's mappings. */
final class Mappings {
    private Mappings() {}

    /**
     * Returns the lines of {@code /proc/self/maps} that lie in {@code [start, end)}, at least in
     * part.
     */
    static List<String> within(long start, long end) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/maps")).stream()
                .filter(line -> end(line) > start && start(line) < end)
                .toList();
    }

    private static long start(String line) {
        return Long.parseUnsignedLong(line.substring(0, line.indexOf('-')), 16);
    }

    private static long end(String line) {
        return Long.parseUnsignedLong(line.substring(line.indexOf('-') + 1, line.indexOf(' ')), 16);
    }
}
