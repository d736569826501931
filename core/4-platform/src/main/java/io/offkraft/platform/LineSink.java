// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

/** Where a {@link LineLog} writes to. Called by one thread at a time. */
interface LineSink {
    /**
     * Writes up to {@code bytes} bytes at {@code address}; may wait.
     *
     * @return the bytes written, or minus the errno
     */
    int write(long address, int bytes);

    /** Returns whether a line could be written now without waiting. */
    boolean isWritable();
}
