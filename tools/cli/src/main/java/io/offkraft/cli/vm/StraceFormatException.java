// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

import java.io.IOException;
import java.nio.file.Path;

/** A log that can't be replayed: where, what is wrong, and what would be right, in one line. */
public final class StraceFormatException extends IOException {
    /** The {@link #line()} of what is wrong with the file as a whole. */
    public static final int NO_LINE = 0;

    private static final long serialVersionUID = 1L;

    private final int line;

    private StraceFormatException(String message, int line) {
        super(message);
        this.line = line;
    }

    /** The file as a whole is no log that can be replayed. */
    static StraceFormatException ofFile(Path file, String problem) {
        return new StraceFormatException(file + ": " + problem, NO_LINE);
    }

    /** Line {@code line}, counted from 1, is wrong. */
    static StraceFormatException ofLine(Path file, int line, String problem) {
        return new StraceFormatException(file + ": line " + line + ": " + problem, line);
    }

    /** Returns the number of the line that is wrong, from 1, or {@link #NO_LINE}. */
    public int line() {
        return line;
    }
}
