// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What of the process is resident in memory, as {@code /proc/self/status} tells; all in bytes.
 *
 * <p>The kernel keeps these counters in batches per CPU, so they may lag by some tens of pages.
 * Pages given back with {@link MemoryFlags#MADV_FREE} count until the kernel takes them.
 *
 * @param total all resident pages
 * @param anonymous those of no file: heaps, stacks, what an allocator has touched
 * @param file those of mapped files
 * @param shared those of shared memory, memfds among them
 * @param peak the highest {@code total} since the process began or {@link #resetPeak} was called
 */
public record ResidentSet(long total, long anonymous, long file, long shared, long peak) {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path CLEAR_REFS = Path.of("/proc/self/clear_refs");
    private static final String RESET_PEAK = "5";

    /** Returns the figures of this moment. */
    public static ResidentSet ofProcess() {
        try {
            return parse(Files.readAllLines(STATUS));
        } catch (IOException unreadable) {
            throw new UncheckedIOException("can't read " + STATUS, unreadable);
        }
    }

    /**
     * Returns how many bytes of a range are resident, by mincore(2).
     *
     * <p>That is about the memory, not about who pays for it, and so differs from the {@code Rss}
     * of {@code /proc/self/smaps}: see {@link SystemCalls#residentPages} for what counts. In
     * private anonymous memory that was written to before it was read, without swap, the two agree.
     *
     * @param address a multiple of a page
     * @param bytes rounded up to whole pages; the range is mapped throughout
     * @throws SystemCallException ENOMEM if it is not
     */
    public static long ofRange(long address, long bytes) {
        return SystemCalls.linux().residentPages(address, bytes) * PageSizes.BASE_BYTES;
    }

    /**
     * Makes the present resident set the peak, of the whole process: {@code 5} to {@code
     * /proc/self/clear_refs}.
     *
     * @return whether the kernel allowed it
     */
    public static boolean resetPeak() {
        try {
            Files.writeString(CLEAR_REFS, RESET_PEAK);
            return true;
        } catch (IOException forbidden) {
            return false;
        }
    }

    static ResidentSet parse(List<String> status) {
        return new ResidentSet(
                bytes(status, "VmRSS:"),
                bytes(status, "RssAnon:"),
                bytes(status, "RssFile:"),
                bytes(status, "RssShmem:"),
                bytes(status, "VmHWM:"));
    }

    private static long bytes(List<String> status, String key) {
        for (String line : status) {
            if (line.startsWith(key)) {
                String number = line.substring(key.length()).replace("kB", "").strip();
                return Long.parseLong(number) << 10;
            }
        }
        throw new IllegalStateException(STATUS + " has no line \"" + key + " … kB\"");
    }
}
