// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

/**
 * The system calls that Offkraft makes, and the seam at which tests make them fail.
 *
 * <p>{@link #linux()} is the operating system. A test wraps it and makes the n-th call throw; the
 * layers above take this interface and can't tell. Constants for protections, flags and advice
 * stand in {@code MemoryFlags}.
 *
 * <p><b>Thread safety:</b> every method, from any thread.
 *
 * <p><b>Failure:</b> a call that the kernel refuses throws {@link SystemCallException} with the
 * call, its arguments and errno's name, and has changed nothing unless its own contract says
 * otherwise.
 */
public interface SystemCalls {
    /** Returns the operating system's own calls. */
    static SystemCalls linux() {
        return LinuxSystemCalls.INSTANCE;
    }

    /** mmap(2): maps {@code bytes} bytes and returns the address. */
    long mmap(long address, long bytes, int protection, int flags, int fd, long offset);

    /** munmap(2): removes every mapping in the range. */
    void munmap(long address, long bytes);

    /** mprotect(2): sets the protection of the range, which must be mapped throughout. */
    void mprotect(long address, long bytes, int protection);

    /** madvise(2): gives advice about the range. */
    void madvise(long address, long bytes, int advice);

    /** mremap(2): resizes or moves a mapping and returns its address. */
    long mremap(long address, long oldBytes, long newBytes, int flags, long newAddress);

    /**
     * mincore(2): counts the pages of the range that are resident. The range must be mapped
     * throughout.
     */
    long residentPages(long address, long bytes);

    /** memfd_create(2): returns the descriptor of a new anonymous file. */
    int memfdCreate(String name, int flags);

    /** fallocate(2): gives the file memory for the range. */
    void fallocate(int fd, int mode, long offset, long bytes);

    /** close(2). */
    void close(int fd);

    /**
     * sched_getcpu(3): returns the CPU that the calling thread ran on at some moment of the call.
     */
    int currentCpu();

    /** sched_getaffinity(2) of the calling thread. */
    CpuSet affinity();

    /** sched_setaffinity(2) of the calling thread. */
    void setAffinity(CpuSet cpus);
}
