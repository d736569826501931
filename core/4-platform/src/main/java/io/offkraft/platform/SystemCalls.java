// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

/**
 * The system calls that Offkraft makes, and the seam at which tests make them fail.
 *
 * <p>{@link #linux()} is the operating system. A test wraps it and makes the n-th call throw; the
 * layers above take this interface and can't tell. Constants for protections, flags and advice
 * stand in {@link MemoryFlags}. Addresses and sizes are in bytes; what must be a multiple of a page
 * is one of {@link PageSizes#BASE_BYTES}.
 *
 * <p><b>Thread safety:</b> every method, from any thread, platform or virtual. A virtual thread
 * stays on its carrier during a call.
 *
 * <p><b>Progress:</b> all but {@link #currentCpu} may block in the kernel: mappings take the
 * process's mmap lock, which page faults of other threads share.
 *
 * <p><b>Memory effects:</b> none in the Java memory model. What one thread maps another may use
 * once it has the address through a release and acquire of the caller's.
 *
 * <p><b>Failure:</b> a call that the kernel refuses throws {@link SystemCallException} with the
 * call, its arguments and errno's name. Then nothing has changed, except where a method says what
 * may have: the kernel works through a range mapping by mapping and does not undo.
 */
public interface SystemCalls {
    /**
     * Returns the operating system's own calls.
     *
     * @throws UnsupportedOperationException on anything but Linux on x86-64 or aarch64 with pages
     *     of {@link PageSizes#BASE_BYTES}, in one line that says what was found
     */
    static SystemCalls linux() {
        HostSystem.check();
        return LinuxSystemCalls.INSTANCE;
    }

    /**
     * mmap(2): maps {@code bytes} bytes and returns the address.
     *
     * <p>With {@link MemoryFlags#MAP_FIXED}, what was mapped in the range may be gone even if the
     * call fails.
     */
    long mmap(long address, long bytes, int protection, int flags, int fd, long offset);

    /**
     * munmap(2): removes every mapping in the range; holes in it are no error.
     *
     * <p>ENOMEM: removing the middle of a mapping makes two, and the process has as many as it may
     * ({@code vm.max_map_count}); nothing is removed then.
     */
    void munmap(long address, long bytes);

    /**
     * mprotect(2): sets the protection of the range, which must be mapped throughout.
     *
     * <p>If it fails with ENOMEM or EACCES, the mappings before the one that failed may have the
     * new protection.
     */
    void mprotect(long address, long bytes, int protection);

    /**
     * madvise(2): gives advice about the range.
     *
     * <p>If it fails with ENOMEM because of a hole, the advice has been applied to what is mapped,
     * the part behind the hole included; advice that populates stops where it fails.
     */
    void madvise(long address, long bytes, int advice);

    /**
     * mremap(2): resizes or moves a mapping and returns its address.
     *
     * @param newAddress used with {@link MemoryFlags#MREMAP_FIXED} only: what was mapped there may
     *     be gone even if the call fails
     */
    long mremap(long address, long oldBytes, long newBytes, int flags, long newAddress);

    /**
     * mincore(2): counts the pages of the range that are resident. The range must be mapped
     * throughout; {@code address} is a multiple of a page, {@code bytes} is rounded up to one.
     *
     * <p>The count is a snapshot taken piece by piece, and already old. In private anonymous memory
     * a page counts if the process has it in its page table – the shared page of zeros, which
     * reading untouched memory maps, too – or if it is in the swap cache. In file and shared memory
     * a page counts if it is in the page cache, whoever brought it there.
     */
    long residentPages(long address, long bytes);

    /**
     * memfd_create(2): returns the descriptor of a new anonymous file.
     *
     * @param name for people who read {@code /proc/self/fd}: at most 249 bytes of UTF-8 (the kernel
     *     refuses more with EINVAL), no NUL
     * @throws IllegalArgumentException if the name has a NUL, where C would end it
     */
    int memfdCreate(String name, int flags);

    /**
     * fallocate(2): gives the file memory for the range, or takes it away with {@link
     * MemoryFlags#FALLOC_FL_PUNCH_HOLE}.
     */
    void fallocate(int fd, int mode, long offset, long bytes);

    /**
     * open(2): returns a descriptor of the file at {@code path}.
     *
     * @param mode the permissions of a file that is made, with {@link MemoryFlags#O_CREAT} only
     * @throws IllegalArgumentException if the path has a NUL, where C would end it
     */
    int open(String path, int flags, int mode);

    /** ftruncate(2): cuts the file, or makes it longer by zeros that take no memory yet. */
    void ftruncate(int fd, long bytes);

    /**
     * lseek(2) to the end: returns the bytes of the file at this moment. The position of the
     * descriptor, which nothing here uses, is moved.
     */
    long fileBytes(int fd);

    /** msync(2): writes what was changed in a shared mapping of a file to it. */
    void msync(long address, long bytes, int flags);

    /**
     * mlock(2): brings the range into memory and keeps it there.
     *
     * <p>If it fails, a part of the range may be locked: the kernel goes from mapping to mapping.
     */
    void mlock(long address, long bytes);

    /** munlock(2): takes {@link #mlock} back, for the mappings up to one that fails. */
    void munlock(long address, long bytes);

    /**
     * prctl(2) with PR_SET_VMA_ANON_NAME: has {@code /proc/self/maps} show a name for anonymous
     * memory.
     *
     * <p>EINVAL: the kernel is older than 5.17 or was built without it; or the name has something
     * else than printable ASCII, or one of {@code \ ` $ [ ]}, or more than 79 bytes.
     *
     * @param name empty takes the name away
     */
    void setAnonymousName(long address, long bytes, String name);

    /**
     * mbind(2): says on which NUMA nodes the memory of a range shall be.
     *
     * <p>Of several nodes the kernel ignores those that there are not: see {@link NumaNodes}.
     * ENOSYS: it has no NUMA.
     *
     * @param mode such as {@link MemoryFlags#MPOL_BIND}
     * @param nodes the nodes, a bit each, for nodes 0 to 63
     */
    void mbind(long address, long bytes, int mode, long nodes, int flags);

    /**
     * get_mempolicy(2): returns the policy of the mapping at an address; {@link
     * MemoryFlags#MPOL_DEFAULT} if nobody set one.
     *
     * <p>EFAULT: nothing is mapped there. ENOSYS: the kernel has no NUMA.
     */
    MemoryPolicy policyAt(long address);

    /** close(2). The descriptor is gone even if the call fails, unless with EBADF. */
    void close(int fd);

    /**
     * sched_getcpu(3): returns the CPU that the calling thread ran on at some moment of the call;
     * of a virtual thread, that of its carrier. A few nanoseconds, never blocks.
     */
    int currentCpu();

    /** sched_getaffinity(2) of the calling thread; of a virtual thread, that of its carrier. */
    CpuSet affinity();

    /**
     * sched_setaffinity(2) of the calling thread, which is a platform thread. When the call returns
     * the thread runs on one of the CPUs.
     *
     * @throws WrongThreadException if called by a virtual thread: it would bind the carrier, and
     *     with it whichever virtual threads come next
     */
    void setAffinity(CpuSet cpus);
}
