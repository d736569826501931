// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import io.offkraft.word.RawMemory;
import java.lang.foreign.Arena;

/**
 * A line ring for one state of a litmus test, with lines that show whose they are and whether they
 * are whole.
 */
public final class RacedLineRing {
    /** What {@link #poll} returns if there is no line. */
    public static final int NONE = -1;

    /** What it returns for a line whose bytes are not all of one owner. */
    public static final int TORN = 0;

    // The memory of a ring lives for ever; so rings are used again, far later than any state lives.
    private static final int RINGS = 1 << 15;
    private static final int LINE_BYTES = 48;
    private static final int OWNERS = 3;
    private static final long LINES =
            Arena.global().allocate((long) OWNERS * LINE_BYTES, Long.BYTES).address();
    private static final RacedLineRing[] POOL = new RacedLineRing[RINGS];
    private static int next;

    static {
        for (int owner = 0; owner < OWNERS; owner++) {
            RawMemory.fill(LINES + (long) owner * LINE_BYTES, LINE_BYTES, (byte) owner);
        }
    }

    private final LineRing ring = new LineRing(2, LINE_BYTES);
    private final long line = Arena.global().allocate(LINE_BYTES, Long.BYTES).address();

    private RacedLineRing() {}

    /** Returns an empty ring of two slots. */
    public static synchronized RacedLineRing nextRing() {
        final int index = next++ % RINGS;
        RacedLineRing raced = POOL[index];
        if (raced == null) {
            raced = new RacedLineRing();
            POOL[index] = raced;
        }
        while (raced.poll() != NONE) {
            // empties what an earlier state left
        }
        return raced;
    }

    /** Puts a line of {@code owner}, 1 or 2; returns whether there was room. */
    public boolean offer(int owner) {
        return ring.offer(LINES + (long) owner * LINE_BYTES, LINE_BYTES);
    }

    /** Takes a line, one thread at a time: its owner, {@link #TORN} or {@link #NONE}. */
    public int poll() {
        final int bytes = ring.pollOrMinus1(line);
        if (bytes < 0) {
            return NONE;
        }
        final byte owner = RawMemory.loadBytePlain(line);
        for (int at = 1; at < LINE_BYTES; at++) {
            if (RawMemory.loadBytePlain(line + at) != owner) {
                return TORN;
            }
        }
        return bytes == LINE_BYTES ? owner : TORN;
    }
}
