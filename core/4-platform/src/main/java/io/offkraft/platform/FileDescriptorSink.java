// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.offkraft.word.RawMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Writes to a file descriptor; everything it needs is made beforehand. */
final class FileDescriptorSink implements LineSink {
    // Without errno: capturing it takes a segment, which costs a Java object where the call is not
    // fully compiled.
    private static final MethodHandle MH$write =
            NativeFunctions.plain("write", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle MH$poll =
            NativeFunctions.plain("poll", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle MH$write_errno =
            NativeFunctions.withErrno("write", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);

    // struct pollfd { int fd; short events; short revents; }
    private static final long POLLFD_BYTES = 8;
    private static final long EVENTS = 4;
    private static final long REVENTS = 6;
    private static final short POLLOUT = 4;

    private final int fd;
    private final MemorySegment capture = Arena.global().allocate(NativeFunctions.CAPTURE);
    private final long pollfd = Arena.global().allocate(POLLFD_BYTES, Integer.BYTES).address();

    FileDescriptorSink(int fd) {
        this.fd = fd;
        RawMemory.storeIntPlain(pollfd, fd);
        RawMemory.storeShortPlain(pollfd + EVENTS, POLLOUT);
    }

    @Override
    public int write(long address, int bytes) {
        try {
            long written = (long) MH$write.invokeExact(fd, address, (long) bytes);
            if (written < 0) {
                // Once more, to learn why; should it succeed this time, so much the better.
                written = (long) MH$write_errno.invokeExact(capture, fd, address, (long) bytes);
            }
            return written >= 0 ? (int) written : -NativeFunctions.errno(capture);
        } catch (Throwable thrown) {
            throw NativeFunctions.unexpected(thrown);
        }
    }

    @Override
    public boolean isWritable() {
        try {
            // A pipe counts as writable only while PIPE_BUF bytes fit, and no line is longer.
            int ready = (int) MH$poll.invokeExact(pollfd, 1L, 0);
            return ready == 1 && (RawMemory.loadShortPlain(pollfd + REVENTS) & POLLOUT) != 0;
        } catch (Throwable thrown) {
            throw NativeFunctions.unexpected(thrown);
        }
    }
}
