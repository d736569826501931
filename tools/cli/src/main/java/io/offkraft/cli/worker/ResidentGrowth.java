// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

final class ResidentGrowth {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path CLEAR = Path.of("/proc/self/clear_refs");
    private long before = -1;
    private long filesAfter;
    private long peak = -1;

    void begin() {
        try {
            before = read("RssAnon:");
            Files.writeString(CLEAR, "5");
        } catch (IOException e) {
            before = -1;
        }
    }

    void end() {
        try {
            peak = read("VmHWM:");
            filesAfter = read("RssFile:") + read("RssShmem:");
        } catch (IOException e) {
            before = -1;
        }
    }

    @Nullable Long peakBytes() {
        return before < 0 || peak < 0 ? null : Math.max(0, peak - filesAfter - before);
    }

    private static long read(String name) throws IOException {
        OptionalLong v =
                Files.readAllLines(STATUS).stream()
                        .filter(line -> line.startsWith(name))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                        .findFirst();
        return v.orElseThrow(() -> new IOException(name));
    }
}
