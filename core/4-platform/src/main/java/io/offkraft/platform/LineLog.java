// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import io.offkraft.word.SharedAtomics;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A log whose lines come out whole, whoever writes at the same time.
 *
 * <p>A line goes into a ring and from there to the sink. Whoever finds nobody writing to the sink
 * does it, for all; so a thread waits for the sink only if it is the one that writes, and lines of
 * one thread keep their order. When the ring is full the oldest lines are dropped, whole, and
 * counted: every line is in the end {@linkplain #written written}, {@linkplain #dropped dropped} or
 * {@linkplain #failed failed}.
 *
 * <p>{@link #emergency()} is for when nothing can be relied on: it allocates nothing and does not
 * wait, not even for the sink.
 *
 * <p><b>Thread safety:</b> any platform or virtual thread.
 *
 * <p><b>Failure:</b> a sink that fails throws nothing here: its lines are counted and the last
 * errno is kept.
 */
public final class LineLog {
    /** The longest line in bytes of UTF-8, its end not counted; what is longer is cut. */
    public static final int MAX_LINE_BYTES = 1000;

    static final int EMERGENCY_LINES = 16;

    private static final int DEFAULT_SLOTS = 1024;
    private static final int STANDARD_ERROR = 2;

    /**
     * How often a line that finds the ring full makes room before it is given up; other threads may
     * take the room.
     */
    private static final int MAKE_ROOM_TRIES = 64;

    private final LineRing ring;
    private final LineSink sink;
    private final long sinkBuffer;

    /** Whether a thread is writing to the sink; it alone uses {@link #sinkBuffer}. */
    private final AtomicBoolean draining = new AtomicBoolean();

    private final AtomicLong written = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicInteger lastErrno = new AtomicInteger();
    private final EmergencyLine droppingLine = EmergencyLine.dropping(this);
    private final EmergencyLine[] emergencyLines = new EmergencyLine[EMERGENCY_LINES];

    LineLog(LineSink sink, int slots) {
        this.sink = sink;
        ring = new LineRing(slots, MAX_LINE_BYTES + 1);
        sinkBuffer = Arena.global().allocate(MAX_LINE_BYTES + 1L, Long.BYTES).address();
        for (int line = 0; line < emergencyLines.length; line++) {
            emergencyLines[line] = new EmergencyLine(this);
        }
    }

    /** Returns the log that writes to the process's standard error. */
    public static LineLog standardError() {
        return StandardError.LOG;
    }

    /** Logs a line; line ends inside it become spaces. May wait for the sink. */
    public void log(String line) {
        byte[] text = line.getBytes(StandardCharsets.UTF_8);
        int bytes = Math.min(text.length, MAX_LINE_BYTES);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment copy = arena.allocate(bytes + 1L);
            for (int at = 0; at < bytes; at++) {
                byte next = text[at] == '\n' || text[at] == '\r' ? (byte) ' ' : text[at];
                copy.set(java.lang.foreign.ValueLayout.JAVA_BYTE, at, next);
            }
            copy.set(java.lang.foreign.ValueLayout.JAVA_BYTE, bytes, (byte) '\n');
            put(copy.address(), bytes + 1);
        }
        drain(true);
    }

    /**
     * Returns a line to be put together and {@linkplain EmergencyLine#emit emitted}, without
     * allocating and without waiting.
     *
     * <p>There are {@link #EMERGENCY_LINES} at a time; if all are in use, a line comes back that is
     * dropped when emitted.
     */
    public EmergencyLine emergency() {
        for (EmergencyLine line : emergencyLines) {
            if (line.tryClaim()) {
                return line;
            }
        }
        return droppingLine;
    }

    /** Returns how many lines the sink took. */
    public long written() {
        return written.get();
    }

    /** Returns how many lines never reached the sink because there was no room. */
    public long dropped() {
        return dropped.get();
    }

    /** Returns how many lines the sink refused. */
    public long failed() {
        return failed.get();
    }

    /** Returns the errno of the last refusal, or 0. */
    public int lastErrno() {
        return lastErrno.get();
    }

    void emit(long address, int bytes) {
        put(address, bytes);
        drain(false);
    }

    void drop() {
        SharedAtomics.count();
        dropped.incrementAndGet();
    }

    private void put(long address, int bytes) {
        for (int tries = 0; tries < MAKE_ROOM_TRIES; tries++) {
            if (ring.offer(address, bytes)) {
                return;
            }
            if (ring.discardOldest()) {
                SharedAtomics.count();
                dropped.incrementAndGet();
            }
        }
        SharedAtomics.count();
        dropped.incrementAndGet(); // this line: others took all the room that was made
    }

    /** Writes lines to the sink as long as there are any and nobody else does. */
    private void drain(boolean mayWait) {
        // The check after the flag's release makes sure of a line that was put while this thread
        // was about to stop:
        // either this thread sees the line, or the thread that put it sees the flag free.
        while (ring.hasLine() && tryBeginDraining()) {
            boolean stopped = false;
            try {
                while (!stopped) {
                    stopped = (!mayWait && !sink.isWritable()) || !writeOne();
                }
            } finally {
                draining.set(false);
            }
            if (!mayWait && !sink.isWritable()) {
                return;
            }
        }
    }

    private boolean tryBeginDraining() {
        SharedAtomics.count();
        return draining.compareAndSet(false, true); // pairs with the store at the end of drain
    }

    private boolean writeOne() {
        int bytes = ring.pollOrMinus1(sinkBuffer);
        if (bytes < 0) {
            return false;
        }
        int done = 0;
        while (done < bytes) {
            int result = sink.write(sinkBuffer + done, bytes - done);
            if (result < 0 && -result != Errno.EINTR) {
                lastErrno.set(-result);
                SharedAtomics.count();
                failed.incrementAndGet();
                return true;
            }
            done += Math.max(0, result);
        }
        SharedAtomics.count();
        written.incrementAndGet();
        return true;
    }

    private static final class StandardError {
        static final LineLog LOG =
                new LineLog(new FileDescriptorSink(STANDARD_ERROR), DEFAULT_SLOTS);
    }
}
