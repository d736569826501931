// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import io.offkraft.platform.MemoryFlags;
import io.offkraft.platform.PageSizes;
import io.offkraft.platform.SystemCallException;
import io.offkraft.platform.SystemCalls;
import io.offkraft.word.Alignment;

/**
 * Frames of memory that areas show: as often as one likes, in one space or several. What is written
 * through one area is seen through the others. An anonymous file of the kernel (memfd).
 *
 * <p>The frames live as long as this object is open or an area shows them, whichever is longer.
 *
 * <p><b>Thread safety:</b> any thread. <b>Failure:</b> {@link SystemCallException} where the kernel
 * refuses, {@link VmemException} for bad use; nothing was changed.
 */
public final class SharedFrames implements Backing, AutoCloseable {
    private final SystemCalls calls;
    private final String name;
    private final long bytes;
    private final Descriptor descriptor;

    private SharedFrames(SystemCalls calls, String name, long bytes, int fd) {
        this.calls = calls;
        this.name = name;
        this.bytes = bytes;
        descriptor = new Descriptor(calls, fd);
    }

    /** Returns new frames, which are zero. */
    public static SharedFrames create(String name, long bytes) {
        return create(SystemCalls.linux(), name, bytes);
    }

    /**
     * Returns new frames, which are zero; memory is provided when a page is first touched.
     *
     * @param calls who makes the system calls: for tests that make them fail
     * @param name what {@code /proc/self/maps} shows, at most 249 bytes
     * @param bytes a positive multiple of a page
     */
    public static SharedFrames create(SystemCalls calls, String name, long bytes) {
        if (bytes <= 0 || !Alignment.isAligned(bytes, PageSizes.BASE_BYTES)) {
            throw new VmemException(
                    "createFrames", 0, bytes, "the length must be a positive multiple of a page");
        }
        int fd = calls.memfdCreate(name, MemoryFlags.MFD_CLOEXEC);
        try {
            calls.ftruncate(fd, bytes);
        } catch (SystemCallException refused) {
            Descriptor.closeAfter(calls, fd, refused);
            throw refused;
        }
        return new SharedFrames(calls, name, bytes, fd);
    }

    @Override
    public String name() {
        return name;
    }

    /** Returns how many bytes there are. */
    public long bytes() {
        return bytes;
    }

    /**
     * Gives the memory of a range of frames back, for whoever shows them; they read as zero.
     *
     * @param offset a multiple of a page, as {@code length}
     */
    public void discard(long offset, long length) {
        if (offset < 0
                || length <= 0
                || length > bytes - offset
                || !Alignment.isAligned(offset | length, PageSizes.BASE_BYTES)) {
            throw new VmemException(
                    "discardFrames",
                    offset,
                    length,
                    "the range must be whole pages of the %d bytes".formatted(bytes));
        }
        calls.fallocate(
                descriptor.number("discardFrames"),
                MemoryFlags.FALLOC_FL_PUNCH_HOLE | MemoryFlags.FALLOC_FL_KEEP_SIZE,
                offset,
                length);
    }

    @Override
    public int descriptor(String call) {
        return descriptor.number(call);
    }

    /** Lets no more areas show them; a second close does nothing. */
    @Override
    public void close() {
        descriptor.close();
    }

    @Override
    public String toString() {
        return "frames \"" + name + "\"";
    }
}
