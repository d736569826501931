// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The kernel's own figures of this process's mappings. */
final class Smaps {
    private Smaps() {}

    /**
     * Returns the bytes that {@code /proc/self/smaps} tells under {@code key} for the mappings that
     * begin in {@code [start, end)} and have the access {@code access}, such as {@code rw}.
     */
    static long bytes(String key, String access, long start, long end) throws IOException {
        long sum = 0;
        boolean counts = false;
        List<String> lines = Files.readAllLines(Path.of("/proc/self/smaps"));
        for (String line : lines) {
            String[] words = line.split(" +", -1);
            if (!words[0].endsWith(":")) {
                long at = Long.parseUnsignedLong(words[0].substring(0, words[0].indexOf('-')), 16);
                counts = at >= start && at < end && words[1].startsWith(access);
            } else if (counts && words[0].equals(key + ":")) {
                sum += Long.parseLong(words[1]) << 10;
            }
        }
        return sum;
    }
}
