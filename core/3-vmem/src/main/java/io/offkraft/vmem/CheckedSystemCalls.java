// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import io.offkraft.platform.CpuSet;
import io.offkraft.platform.MemoryPolicy;
import io.offkraft.platform.SystemCalls;
import io.offkraft.sync.LockValidator;

/** System calls before each of which the lock validator is asked whether the thread may. */
record CheckedSystemCalls(SystemCalls calls) implements SystemCalls {
    /** Returns {@code calls}, checked if {@code on}; all that allocators call goes through here. */
    static SystemCalls where(boolean on, SystemCalls calls) {
        return on ? new CheckedSystemCalls(calls) : calls;
    }

    @Override
    public long mmap(long address, long bytes, int protection, int flags, int fd, long offset) {
        LockValidator.aboutToCallSystem("mmap");
        return calls.mmap(address, bytes, protection, flags, fd, offset);
    }

    @Override
    public void munmap(long address, long bytes) {
        LockValidator.aboutToCallSystem("munmap");
        calls.munmap(address, bytes);
    }

    @Override
    public void mprotect(long address, long bytes, int protection) {
        LockValidator.aboutToCallSystem("mprotect");
        calls.mprotect(address, bytes, protection);
    }

    @Override
    public void madvise(long address, long bytes, int advice) {
        LockValidator.aboutToCallSystem("madvise");
        calls.madvise(address, bytes, advice);
    }

    @Override
    public long mremap(long address, long oldBytes, long newBytes, int flags, long newAddress) {
        LockValidator.aboutToCallSystem("mremap");
        return calls.mremap(address, oldBytes, newBytes, flags, newAddress);
    }

    @Override
    public long residentPages(long address, long bytes) {
        LockValidator.aboutToCallSystem("mincore");
        return calls.residentPages(address, bytes);
    }

    @Override
    public int memfdCreate(String name, int flags) {
        LockValidator.aboutToCallSystem("memfd_create");
        return calls.memfdCreate(name, flags);
    }

    @Override
    public void fallocate(int fd, int mode, long offset, long bytes) {
        LockValidator.aboutToCallSystem("fallocate");
        calls.fallocate(fd, mode, offset, bytes);
    }

    @Override
    public int open(String path, int flags, int mode) {
        LockValidator.aboutToCallSystem("open");
        return calls.open(path, flags, mode);
    }

    @Override
    public void ftruncate(int fd, long bytes) {
        LockValidator.aboutToCallSystem("ftruncate");
        calls.ftruncate(fd, bytes);
    }

    @Override
    public long fileBytes(int fd) {
        LockValidator.aboutToCallSystem("lseek");
        return calls.fileBytes(fd);
    }

    @Override
    public void msync(long address, long bytes, int flags) {
        LockValidator.aboutToCallSystem("msync");
        calls.msync(address, bytes, flags);
    }

    @Override
    public void mlock(long address, long bytes) {
        LockValidator.aboutToCallSystem("mlock");
        calls.mlock(address, bytes);
    }

    @Override
    public void munlock(long address, long bytes) {
        LockValidator.aboutToCallSystem("munlock");
        calls.munlock(address, bytes);
    }

    @Override
    public void setAnonymousName(long address, long bytes, String name) {
        LockValidator.aboutToCallSystem("prctl");
        calls.setAnonymousName(address, bytes, name);
    }

    @Override
    public void mbind(long address, long bytes, int mode, long nodes, int flags) {
        LockValidator.aboutToCallSystem("mbind");
        calls.mbind(address, bytes, mode, nodes, flags);
    }

    @Override
    public MemoryPolicy policyAt(long address) {
        LockValidator.aboutToCallSystem("get_mempolicy");
        return calls.policyAt(address);
    }

    @Override
    public void close(int fd) {
        LockValidator.aboutToCallSystem("close");
        calls.close(fd);
    }

    @Override
    public int currentCpu() {
        // Never blocks.
        return calls.currentCpu();
    }

    @Override
    public CpuSet affinity() {
        LockValidator.aboutToCallSystem("sched_getaffinity");
        return calls.affinity();
    }

    @Override
    public void setAffinity(CpuSet cpus) {
        LockValidator.aboutToCallSystem("sched_setaffinity");
        calls.setAffinity(cpus);
    }
}
