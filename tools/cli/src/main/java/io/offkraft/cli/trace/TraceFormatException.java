// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.trace;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A trace that can't be replayed: where, what is wrong, and what would be right, in one line.
 *
 * <p>Records are numbered from 0, as threads and objects are; record {@code n} begins at byte
 * {@code 24 + 16 n} of the unpacked file.
 */
public final class TraceFormatException extends IOException {
    /** The {@link #record()} of what is wrong with the file or its header. */
    public static final int NO_RECORD = -1;

    private static final long serialVersionUID = 1L;

    private final int record;

    private TraceFormatException(String message, int record) {
        super(message);
        this.record = record;
    }

    /** The file as a whole is not a trace. */
    static TraceFormatException ofFile(Path file, String problem) {
        return new TraceFormatException(file + ": " + problem, NO_RECORD);
    }

    /** The header is wrong. */
    static TraceFormatException ofHeader(Path file, String problem) {
        return new TraceFormatException(file + ": header: " + problem, NO_RECORD);
    }

    /** Record {@code record} is wrong or missing. */
    static TraceFormatException ofRecord(Path file, int record, String problem) {
        return new TraceFormatException(file + ": record " + record + ": " + problem, record);
    }

    /** Returns the number of the record that is wrong, or {@link #NO_RECORD}. */
    public int record() {
        return record;
    }
}
