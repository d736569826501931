// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A mapping of a process, as the kernel lists it in {@code /proc/PID/maps} and {@code smaps}.
 *
 * <p>A list is read piece by piece, whatever the reader does: what changes meanwhile may be seen or
 * not. A mapping that does not change is listed once, and rightly.
 *
 * @param start the first address
 * @param end the address behind the last
 * @param permissions such as {@code rw-p}
 * @param offset the byte of the file that is at {@code start}
 * @param inode the file's number; 0 if there is none
 * @param name as listed: a path, or something like {@code [stack]}; empty if nothing
 * @param figures what {@code smaps} tells in bytes, such as {@code Rss}; empty from {@code maps}
 */
public record ProcessMapping(
        long start,
        long end,
        String permissions,
        long offset,
        long inode,
        String name,
        Map<String, Long> figures) {
    /** The kernel gives at most so much at a time, or less. */
    private static final int READ_BYTES = 1 << 16;

    private static final Pattern HEAD =
            Pattern.compile(
                    "([0-9a-f]{1,16})-([0-9a-f]{1,16}) ([r-][w-][x-][ps]) ([0-9a-f]{1,16})"
                            + " [0-9a-f]+:[0-9a-f]+ (\\d+) *(.*)",
                    Pattern.DOTALL);
    private static final Pattern FIGURE = Pattern.compile("(\\w+): +(\\d+) kB");
    private static final Pattern FLAGS = Pattern.compile("[A-Za-z_]+:.*");
    private static final Pattern NAMED = Pattern.compile("\\[anon(?:_shmem)?:(.*)]");

    /** Makes a copy of the figures. */
    public ProcessMapping {
        figures = Map.copyOf(figures);
    }

    /** Returns the mappings of this process, ascending, without figures. */
    public static List<ProcessMapping> ofThisProcess() {
        try {
            return read("/proc/self/maps");
        } catch (IOException unreadable) {
            throw new UncheckedIOException("can't read /proc/self/maps", unreadable);
        }
    }

    /**
     * Returns the mappings of a process with their figures, ascending. The kernel looks at every
     * page, which takes long.
     *
     * @throws IOException if there is no such process, or it is not to be read by this user
     */
    public static List<ProcessMapping> withFigures(long pid) throws IOException {
        return read("/proc/" + pid + "/smaps");
    }

    /**
     * Returns what the text of {@code maps} or {@code smaps} says.
     *
     * @throws IOException if it is no such text; the message has the line
     */
    public static List<ProcessMapping> parse(String text) throws IOException {
        List<ProcessMapping> mappings = new ArrayList<>();
        Matcher head = null;
        Map<String, Long> figures = new HashMap<>();
        // Not String.lines(): a name may have a carriage return; only line feeds are escaped.
        for (String line : text.split("\n", -1)) {
            Matcher next = HEAD.matcher(line);
            if (next.matches()) {
                if (head != null) {
                    mappings.add(mapping(head, figures));
                }
                head = next;
                figures.clear();
                continue;
            }
            Matcher figure = FIGURE.matcher(line);
            if (head != null && figure.matches()) {
                figures.put(figure.group(1), Long.parseLong(figure.group(2)) << 10);
            } else if (!line.isEmpty() && (head == null || !FLAGS.matcher(line).matches())) {
                throw new IOException("is no line of maps or smaps: " + line);
            }
        }
        if (head != null) {
            mappings.add(mapping(head, figures));
        }
        return mappings;
    }

    private static ProcessMapping mapping(Matcher head, Map<String, Long> figures) {
        return new ProcessMapping(
                Long.parseUnsignedLong(head.group(1), 16),
                Long.parseUnsignedLong(head.group(2), 16),
                head.group(3),
                Long.parseUnsignedLong(head.group(4), 16),
                Long.parseLong(head.group(5)),
                head.group(6),
                figures);
    }

    /** Reads with large reads: each goes on where the one before ended, at a moment of its own. */
    private static List<ProcessMapping> read(String path) throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream(READ_BYTES);
        byte[] buffer = new byte[READ_BYTES];
        try (InputStream list = new FileInputStream(path)) {
            for (int read = list.read(buffer); read >= 0; read = list.read(buffer)) {
                text.write(buffer, 0, read);
            }
        }
        return parse(text.toString(StandardCharsets.UTF_8)); // other bytes are for people only
    }

    /** Returns the bytes of addresses. */
    public long bytes() {
        return end - start;
    }

    /** Returns whether a file, or memory that has a file's number, is behind it. */
    public boolean isOfFile() {
        return inode != 0;
    }

    /** Returns the name that the process gave it, or else the name as listed. */
    public String givenName() {
        Matcher named = NAMED.matcher(name);
        return named.matches() ? named.group(1) : name;
    }

    /** Returns the sum of figures, in bytes; one that the kernel does not tell is 0. */
    public long sum(String... keys) {
        long sum = 0;
        for (String key : keys) {
            sum += figures.getOrDefault(key, 0L);
        }
        return sum;
    }
}
