// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import io.offkraft.word.RawMemory;
import io.offkraft.word.SharedAtomics;
import java.lang.foreign.Arena;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A line that is put together in memory made beforehand: no allocation, no waiting.
 *
 * <p>What does not fit is left out. The line belongs to the thread that got it until it is
 * {@linkplain #emit emitted}.
 */
public final class EmergencyLine {
    private static final char[] HEX_DIGITS = "0123456789abcdef".toCharArray();

    private final LineLog log;
    private final boolean dropping;
    private final long buffer;
    private final AtomicBoolean claimed = new AtomicBoolean();
    private int length; // of the thread that claimed the line

    EmergencyLine(LineLog log) {
        this(log, false);
    }

    private EmergencyLine(LineLog log, boolean dropping) {
        this.log = log;
        this.dropping = dropping;
        buffer = dropping ? 0 : Arena.global().allocate(LineLog.MAX_LINE_BYTES + 1L).address();
    }

    /**
     * Returns a line that goes nowhere but is counted; it holds nothing, so any number of threads
     * may share it.
     */
    static EmergencyLine dropping(LineLog log) {
        return new EmergencyLine(log, true);
    }

    boolean tryClaim() {
        SharedAtomics.count();
        // acquire and release: pairs with the release in emit; the last user is done with the
        // buffer
        return claimed.compareAndSet(false, true);
    }

    /** Appends text, which is ASCII; other characters and line ends become question marks. */
    public EmergencyLine text(String text) {
        for (int at = 0; at < text.length(); at++) {
            char next = text.charAt(at);
            append(next >= ' ' && next < 0x7F ? next : '?');
        }
        return this;
    }

    /** Appends {@code 0x} and the hexadecimal digits of {@code value}. */
    public EmergencyLine hex(long value) {
        text("0x");
        int digits = Math.max(1, (Long.SIZE - Long.numberOfLeadingZeros(value) + 3) / 4);
        for (int digit = digits - 1; digit >= 0; digit--) {
            append(HEX_DIGITS[(int) (value >>> (4 * digit)) & 0xF]);
        }
        return this;
    }

    /** Appends the decimal digits of {@code value}. */
    public EmergencyLine decimal(long value) {
        if (value < 0) {
            append('-');
        }
        long scale = 1;
        while (value / scale >= 10 || value / scale <= -10) {
            scale *= 10;
        }
        for (long rest = value; scale > 0; scale /= 10) {
            append((char) ('0' + Math.abs(rest / scale)));
            rest %= scale;
        }
        return this;
    }

    /**
     * Logs the line and gives it up. It comes out now if the sink can take it now, else with the
     * next line.
     */
    public void emit() {
        if (dropping) {
            log.drop();
            return;
        }
        RawMemory.storeBytePlain(buffer + length, (byte) '\n');
        int bytes = length + 1;
        length = 0;
        log.emit(buffer, bytes);
        claimed.set(false);
    }

    private void append(char next) {
        if (!dropping && length < LineLog.MAX_LINE_BYTES) {
            RawMemory.storeBytePlain(buffer + length, (byte) next);
            length++;
        }
    }
}
