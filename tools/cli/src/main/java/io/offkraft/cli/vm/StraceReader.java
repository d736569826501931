// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * Reads what {@code strace -f -e trace=memory -o LOG program} wrote, packed with gzip or not.
 *
 * <p>A line is a call, the first or second half of one, a signal, or the end of a thread; before it
 * may stand the thread's number and the time, behind it the time that the call took.
 *
 * <p><b>Failure:</b> {@link StraceFormatException}, with the number of the line. Memory grows with
 * what is in the file.
 */
final class StraceReader {
    private static final int LINE_CHARS_MAX = 1 << 14;
    private static final int CALLS_MAX = 4_000_000;
    private static final int GZIP_MAGIC = 0x1f8b;

    private static final Pattern LINE =
            Pattern.compile(
                    "(?:\\[pid +(\\d{1,9})\\] +|(\\d{1,9}) +)?"
                            + "(?:\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)? +|\\d+\\.\\d+ +)?(.*)");
    private static final Pattern RESUMED = Pattern.compile("<\\.\\.\\. (\\w+) resumed>(.*)");
    private static final String UNFINISHED = "<unfinished ...>";

    /** The first half of a call. */
    private record Begun(int line, String text) {}

    private final Path file;
    private final InputStream in;
    private final Map<Integer, Begun> begun = new HashMap<>();
    private final List<LoggedCall> calls = new ArrayList<>();
    private final Remarks remarks = new Remarks();
    private int line;

    private StraceReader(Path file, InputStream in) {
        this.file = file;
        this.in = in;
    }

    /** Reads the log in {@code file}. */
    static StraceLog read(Path file) throws StraceFormatException {
        if (!Files.isRegularFile(file)) {
            throw StraceFormatException.ofFile(
                    file, Files.exists(file) ? "is not a regular file" : "does not exist");
        }
        try (InputStream raw = new BufferedInputStream(Files.newInputStream(file));
                InputStream in = unpacked(raw)) {
            return new StraceReader(file, in).read();
        } catch (StraceFormatException e) {
            throw e;
        } catch (AccessDeniedException _) {
            throw StraceFormatException.ofFile(file, "permission to read it is denied");
        } catch (ZipException e) {
            throw StraceFormatException.ofFile(file, "the gzip data is damaged: " + e.getMessage());
        } catch (EOFException _) {
            throw StraceFormatException.ofFile(file, "the gzip data is cut off");
        } catch (IOException e) {
            throw StraceFormatException.ofFile(file, "can't be read: " + e.getMessage());
        }
    }

    private static InputStream unpacked(InputStream raw) throws IOException {
        raw.mark(2);
        int magic = raw.read() << 8 | raw.read();
        raw.reset();
        return magic == GZIP_MAGIC ? new BufferedInputStream(new GZIPInputStream(raw)) : raw;
    }

    private StraceLog read() throws IOException {
        for (String text = nextLine(); text != null; text = nextLine()) {
            readLine(text);
            if (calls.size() > CALLS_MAX) {
                throw wrong("is more than can be replayed: %d calls".formatted(CALLS_MAX));
            }
        }
        if (line == 0) {
            throw StraceFormatException.ofFile(file, "is empty");
        }
        begun.values()
                .forEach(call -> remarks.add("a call that never ended: left out", call.line()));
        calls.sort(Comparator.comparingInt(LoggedCall::effectLine));
        return new StraceLog(file, line, List.copyOf(calls), remarks);
    }

    private @Nullable String nextLine() throws IOException {
        StringBuilder text = new StringBuilder();
        line++;
        int next = in.read();
        if (next < 0) {
            line--;
            return null;
        }
        for (; next >= 0 && next != '\n'; next = in.read()) {
            if (text.length() == LINE_CHARS_MAX) {
                throw wrong("is longer than %d characters".formatted(LINE_CHARS_MAX));
            }
            text.append((char) (byte) next);
        }
        return text.toString();
    }

    private void readLine(String text) throws StraceFormatException {
        if (!StandardCharsets.US_ASCII.newEncoder().canEncode(text)) {
            throw wrong("has characters that strace does not print");
        }
        Matcher parts = LINE.matcher(text);
        if (!parts.matches()) {
            throw wrong("has characters that strace does not print");
        }
        String number = parts.group(1) == null ? parts.group(2) : parts.group(1);
        int thread = number == null ? 0 : Integer.parseInt(number);
        String body = parts.group(3);
        if (body.startsWith("+++ ") || body.startsWith("strace: ")) {
            remarks.add("a line about a thread: nothing to replay", line);
        } else if (body.startsWith("--- ")) {
            remarks.add("a signal: nothing to replay", line);
        } else if (body.startsWith("<... ")) {
            resume(thread, body);
        } else if (body.endsWith(UNFINISHED)) {
            begin(thread, body.substring(0, body.length() - UNFINISHED.length()).stripTrailing());
        } else {
            if (begun.containsKey(thread)) {
                throw stillBusy(thread);
            }
            add(line, thread, body);
        }
    }

    private void begin(int thread, String text) throws StraceFormatException {
        if (begun.containsKey(thread)) {
            throw stillBusy(thread);
        }
        begun.put(thread, new Begun(line, text));
    }

    private StraceFormatException stillBusy(int thread) {
        Begun before = begun.get(thread);
        return wrong(
                "thread %d begins a call, but that of line %d has not ended"
                        .formatted(thread, before == null ? 0 : before.line()));
    }

    private void resume(int thread, String body) throws StraceFormatException {
        Matcher resumed = RESUMED.matcher(body);
        if (!resumed.matches()) {
            throw wrong("is no resumed call, such as <... mmap resumed>) = 0x7f0000000000");
        }
        Begun first = begun.remove(thread);
        if (first == null) {
            throw wrong("thread %d resumes a call that it did not begin".formatted(thread));
        }
        if (!first.text().startsWith(resumed.group(1) + "(")) {
            throw wrong(
                    "resumes %s, but line %d began another call"
                            .formatted(resumed.group(1), first.line()));
        }
        add(first.line(), thread, first.text() + resumed.group(2));
    }

    private void add(int firstLine, int thread, String text) throws StraceFormatException {
        CallText call;
        try {
            call = CallText.parse(text);
        } catch (CallText.Malformed malformed) {
            throw wrong(malformed.problem());
        }
        if (call.result().equals("?")) {
            remarks.add("a call that never ended: left out", firstLine);
            return;
        }
        calls.add(
                new LoggedCall(
                        firstLine,
                        line,
                        thread,
                        call.name(),
                        List.copyOf(call.arguments()),
                        call.result(),
                        call.errno()));
    }

    private StraceFormatException wrong(String problem) {
        return StraceFormatException.ofLine(file, line, problem);
    }
}
