// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import io.offkraft.platform.SystemCallException;
import io.offkraft.platform.SystemCalls;
import io.offkraft.word.SharedAtomics;
import java.util.concurrent.atomic.AtomicInteger;

/** A file descriptor that is closed once. */
final class Descriptor {
    private static final int CLOSED = -1;

    private final SystemCalls calls;
    private final AtomicInteger fd;

    Descriptor(SystemCalls calls, int fd) {
        this.calls = calls;
        this.fd = new AtomicInteger(fd);
    }

    /** Returns the number, for {@code call}, which needs it open. */
    int number(String call) {
        int open = fd.get();
        if (open == CLOSED) {
            throw new VmemException(call, 0, 0, "the frames or file behind it are closed");
        }
        return open;
    }

    /** Closes it; a second close does nothing. */
    void close() {
        SharedAtomics.count();
        int open = fd.getAndSet(CLOSED);
        if (open != CLOSED) {
            calls.close(open);
        }
    }

    /** Closes {@code fd} because something failed; what fails now is among the suppressed. */
    static void closeAfter(SystemCalls calls, int fd, SystemCallException refused) {
        try {
            calls.close(fd);
        } catch (SystemCallException again) {
            refused.addSuppressed(again);
        }
    }
}
