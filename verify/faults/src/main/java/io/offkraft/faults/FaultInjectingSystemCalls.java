// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.faults;

import io.offkraft.platform.CpuSet;
import io.offkraft.platform.MemoryPolicy;
import io.offkraft.platform.SystemCallException;
import io.offkraft.platform.SystemCalls;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Passes system calls on and makes those fail that a test chooses: a failing call is not passed on
 * at all.
 *
 * <p><b>Thread safety:</b> any thread; which call is the n-th is then up to the race.
 */
public final class FaultInjectingSystemCalls implements SystemCalls {
    /** Chooses the calls that fail. */
    @FunctionalInterface
    public interface Choice {
        /**
         * Returns the errno that the call is to fail with, or 0.
         *
         * @param call its name
         * @param number its number among all calls, from 1
         */
        int errnoOr0(String call, long number);
    }

    private final SystemCalls calls;
    private final Choice choice;
    private final AtomicLong made = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final Map<String, Long> byName = new TreeMap<>();

    private FaultInjectingSystemCalls(SystemCalls calls, Choice choice) {
        this.calls = calls;
        this.choice = choice;
    }

    /** Returns calls to Linux that all succeed, if Linux lets them. */
    public static FaultInjectingSystemCalls none() {
        return choosing((call, number) -> 0);
    }

    /** Returns calls to Linux of which the n-th fails with {@code errno}. */
    public static FaultInjectingSystemCalls failingNth(long n, int errno) {
        return choosing((call, number) -> number == n ? errno : 0);
    }

    /** Returns calls to Linux of which all from the n-th on fail with {@code errno}. */
    public static FaultInjectingSystemCalls failingFrom(long n, int errno) {
        return choosing((call, number) -> number >= n ? errno : 0);
    }

    /** Returns calls to Linux that fail as {@code choice} says. */
    public static FaultInjectingSystemCalls choosing(Choice choice) {
        return new FaultInjectingSystemCalls(SystemCalls.linux(), choice);
    }

    /** Returns how many calls were made, the failed ones included. */
    public long made() {
        return made.get();
    }

    /** Returns how many calls were made to fail. */
    public long failed() {
        return failed.get();
    }

    /** Returns how many calls of that name succeeded. */
    public long succeeded(String call) {
        synchronized (byName) {
            return byName.getOrDefault(call, 0L);
        }
    }

    private void before(String call) {
        int errno = choice.errnoOr0(call, made.incrementAndGet());
        if (errno != 0) {
            failed.incrementAndGet();
            throw new SystemCallException(call, "made to fail", errno);
        }
        synchronized (byName) {
            byName.merge(call, 1L, Long::sum);
        }
    }

    @Override
    public long mmap(long address, long bytes, int protection, int flags, int fd, long offset) {
        before("mmap");
        return calls.mmap(address, bytes, protection, flags, fd, offset);
    }

    @Override
    public void munmap(long address, long bytes) {
        before("munmap");
        calls.munmap(address, bytes);
    }

    @Override
    public void mprotect(long address, long bytes, int protection) {
        before("mprotect");
        calls.mprotect(address, bytes, protection);
    }

    @Override
    public void madvise(long address, long bytes, int advice) {
        before("madvise");
        calls.madvise(address, bytes, advice);
    }

    @Override
    public long mremap(long address, long oldBytes, long newBytes, int flags, long newAddress) {
        before("mremap");
        return calls.mremap(address, oldBytes, newBytes, flags, newAddress);
    }

    @Override
    public long residentPages(long address, long bytes) {
        before("mincore");
        return calls.residentPages(address, bytes);
    }

    @Override
    public int memfdCreate(String name, int flags) {
        before("memfd_create");
        return calls.memfdCreate(name, flags);
    }

    @Override
    public void fallocate(int fd, int mode, long offset, long bytes) {
        before("fallocate");
        calls.fallocate(fd, mode, offset, bytes);
    }

    @Override
    public int open(String path, int flags, int mode) {
        before("open");
        return calls.open(path, flags, mode);
    }

    @Override
    public void ftruncate(int fd, long bytes) {
        before("ftruncate");
        calls.ftruncate(fd, bytes);
    }

    @Override
    public long fileBytes(int fd) {
        before("lseek");
        return calls.fileBytes(fd);
    }

    @Override
    public void msync(long address, long bytes, int flags) {
        before("msync");
        calls.msync(address, bytes, flags);
    }

    @Override
    public void mlock(long address, long bytes) {
        before("mlock");
        calls.mlock(address, bytes);
    }

    @Override
    public void munlock(long address, long bytes) {
        before("munlock");
        calls.munlock(address, bytes);
    }

    @Override
    public void setAnonymousName(long address, long bytes, String name) {
        before("prctl");
        calls.setAnonymousName(address, bytes, name);
    }

    @Override
    public void mbind(long address, long bytes, int mode, long nodes, int flags) {
        before("mbind");
        calls.mbind(address, bytes, mode, nodes, flags);
    }

    @Override
    public MemoryPolicy policyAt(long address) {
        before("get_mempolicy");
        return calls.policyAt(address);
    }

    @Override
    public void close(int fd) {
        before("close");
        calls.close(fd);
    }

    @Override
    public int currentCpu() {
        before("sched_getcpu");
        return calls.currentCpu();
    }

    @Override
    public CpuSet affinity() {
        before("sched_getaffinity");
        return calls.affinity();
    }

    @Override
    public void setAffinity(CpuSet cpus) {
        before("sched_setaffinity");
        calls.setAffinity(cpus);
    }
}
