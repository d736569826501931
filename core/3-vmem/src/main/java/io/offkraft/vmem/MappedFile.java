// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import io.offkraft.platform.MemoryFlags;
import io.offkraft.platform.SystemCallException;
import io.offkraft.platform.SystemCalls;
import java.nio.file.Path;

/**
 * A file that areas show. It may be closed, renamed or deleted once it is mapped: the areas keep
 * it.
 *
 * <p>Behind the end of the file the rest of the last page is zero; whole pages behind it must not
 * be touched, and no more must pages that somebody cut off the file meanwhile: through a segment
 * that is an {@link InternalError}, as with the JDK's own mapped buffers, through a bare address
 * the end of the process.
 *
 * <p><b>Thread safety:</b> any thread. <b>Failure:</b> {@link SystemCallException} where the kernel
 * refuses.
 */
public final class MappedFile implements Backing, AutoCloseable {
    private static final int OWNER_READ_WRITE = 0600;

    /** What may be done with a file. */
    public enum Access {
        /** Reading; written are private areas at most. */
        READ(MemoryFlags.O_RDONLY),
        /** Reading and writing. */
        READ_WRITE(MemoryFlags.O_RDWR),
        /** Reading and writing a file that is made if there is none, readable for its owner. */
        CREATE(MemoryFlags.O_RDWR | MemoryFlags.O_CREAT);

        private final int flags;

        Access(int flags) {
            this.flags = flags;
        }
    }

    private final SystemCalls calls;
    private final String name;
    private final Access access;
    private final Descriptor descriptor;

    private MappedFile(SystemCalls calls, String name, Access access, int fd) {
        this.calls = calls;
        this.name = name;
        this.access = access;
        descriptor = new Descriptor(calls, fd);
    }

    /** Opens the file at {@code path}. */
    public static MappedFile open(Path path, Access access) {
        return open(SystemCalls.linux(), path, access);
    }

    /**
     * Opens the file at {@code path}.
     *
     * @param calls who makes the system calls: for tests that make them fail
     */
    public static MappedFile open(SystemCalls calls, Path path, Access access) {
        String name = path.toString();
        int fd = calls.open(name, access.flags | MemoryFlags.O_CLOEXEC, OWNER_READ_WRITE);
        return new MappedFile(calls, name, access, fd);
    }

    @Override
    public String name() {
        return name;
    }

    /** Returns what may be done with it. */
    public Access access() {
        return access;
    }

    /** Returns how long it is at this moment. */
    public long bytes() {
        return calls.fileBytes(descriptor.number("bytes"));
    }

    /** Sets its length: cuts it, or adds zeros. */
    public void setBytes(long bytes) {
        calls.ftruncate(descriptor.number("setBytes"), bytes);
    }

    @Override
    public int descriptor(String call) {
        return descriptor.number(call);
    }

    /** Lets no more areas show it; a second close does nothing. */
    @Override
    public void close() {
        descriptor.close();
    }

    @Override
    public String toString() {
        return "file \"" + name + "\"";
    }
}
