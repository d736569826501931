// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.offkraft.word.PageOrder;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The system calls of Linux on x86-64 and aarch64, through the C library.
 *
 * <p>Addresses are passed as {@code long}s. Calls that may block or take long are ordinary
 * downcalls: while a critical one runs, the garbage collector waits. Only {@code sched_getcpu}, a
 * few nanoseconds, is critical. errno is captured by the downcall itself, into a segment of this
 * call's own, before the virtual machine can disturb it.
 */
final class LinuxSystemCalls implements SystemCalls {
    static final SystemCalls INSTANCE = new LinuxSystemCalls();

    private static final int SEEK_END = 2;
    private static final int PR_SET_VMA = 0x53564d41;
    private static final long PR_SET_VMA_ANON_NAME = 0;
    private static final long MBIND_X86 = 237;
    private static final long MBIND_AARCH64 = 235;

    private static final long GET_MEMPOLICY_X86 = 239;
    private static final long GET_MEMPOLICY_AARCH64 = 236;
    private static final long MPOL_F_ADDR = 2;

    /** As many as a kernel can be built for: it refuses to tell of fewer than it knows. */
    private static final int NODES_MAX = 1024;

    private static final int CPU_MASK_BYTES = CpuSet.MAX_CPUS / Byte.SIZE;

    /**
     * How many pages one mincore(2) tells of: bounds the buffer, and how long the kernel is away.
     */
    static final long RESIDENCE_STEP_PAGES = 1 << 16;

    private static final MethodHandle MH$mmap =
            NativeFunctions.withErrno(
                    "mmap", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT,
                    JAVA_LONG);
    private static final MethodHandle MH$munmap =
            NativeFunctions.withErrno("munmap", JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle MH$mprotect =
            NativeFunctions.withErrno("mprotect", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle MH$madvise =
            NativeFunctions.withErrno("madvise", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle MH$mremap =
            NativeFunctions.variadic(
                    "mremap", 4, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG);
    private static final MethodHandle MH$mincore =
            NativeFunctions.withErrno("mincore", JAVA_INT, JAVA_LONG, JAVA_LONG, ADDRESS);
    private static final MethodHandle MH$memfd_create =
            NativeFunctions.withErrno("memfd_create", JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle MH$fallocate =
            NativeFunctions.withErrno(
                    "fallocate", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle MH$open =
            NativeFunctions.variadic("open", 2, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
    private static final MethodHandle MH$ftruncate =
            NativeFunctions.withErrno("ftruncate", JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle MH$lseek =
            NativeFunctions.withErrno("lseek", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle MH$msync =
            NativeFunctions.withErrno("msync", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle MH$mlock =
            NativeFunctions.withErrno("mlock", JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle MH$munlock =
            NativeFunctions.withErrno("munlock", JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle MH$prctl =
            NativeFunctions.variadic(
                    "prctl", 1, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS);
    private static final MethodHandle MH$syscall =
            NativeFunctions.variadic(
                    "syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS,
                    JAVA_LONG, JAVA_LONG);
    private static final MethodHandle MH$get_mempolicy =
            NativeFunctions.variadic(
                    "syscall", 1, JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG,
                    JAVA_LONG);
    private static final MethodHandle MH$close =
            NativeFunctions.withErrno("close", JAVA_INT, JAVA_INT);
    private static final MethodHandle MH$sched_getaffinity =
            NativeFunctions.withErrno("sched_getaffinity", JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);
    private static final MethodHandle MH$sched_setaffinity =
            NativeFunctions.withErrno("sched_setaffinity", JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);
    private static final MethodHandle MH$sched_getcpu =
            NativeFunctions.critical("sched_getcpu", JAVA_INT);

    private LinuxSystemCalls() {}

    @Override
    public long mmap(long address, long bytes, int protection, int flags, int fd, long offset) {
        try (ErrnoSlot slot = ErrnoSlot.take()) {
            MemorySegment errno = slot.memory();
            long mapped =
                    (long)
                            MH$mmap.invokeExact(
                                    errno, address, bytes, protection, flags, fd, offset);
            if (mapped == -1) {
                throw refused(
                        "mmap",
                        errno,
                        bytes,
                        flags,
                        "0x%x, %d, %s, %s, %d, %d"
                                .formatted(
                                        address,
                                        bytes,
                                        FlagNames.protection(protection),
                                        FlagNames.mapping(flags),
                                        fd,
                                        offset));
            }
            return mapped;
        } catch (Throwable thrown) {
            throw NativeFunctions.unexpected(thrown);
        }
    }

    @Override
    public void munmap(long address, long bytes) {
        try (ErrnoSlot slot = ErrnoSlot.take()) {
            MemorySegment errno = slot.memory();
            if ((int) MH$munmap.invokeExact(errno, address, bytes) != 0) {
                throw refused("munmap", errno, 0, 0, range(address, bytes));
            }
        } catch (Throwable thrown) {
            throw NativeFunctions.unexpected(thrown);
        }
    }

    @Override
    public void mprotect(long address, long bytes, int protection) {
        try (ErrnoSlot slot = ErrnoSlot.take()) {
            MemorySegment errno = slot.memory();
            if ((int) MH$mprotect.invokeExact(errno, address, bytes, protection) != 0) {
                String text = FlagNames.protection(protection);
                throw refused("mprotect", errno, bytes, 0, range(address, bytes) + ", " + text);
            }
        } catch (Throwable thrown) {
            throw NativeFunctions.unexpected(thrown);
        }
    }

    @Override
    public void madvise(long address, long bytes, int advice) {
        try (ErrnoSlot slot = ErrnoSlot.take()) {
            MemorySegment errno = slot.memory();
            if ((int) MH$madvise.invokeExact(errno, address, bytes, advice) != 0) {
                String text = range(address, bytes) + ", " + FlagNames.advice(advice);
                throw refused("madvise", errno, bytes, 0, text);
            }
        } catch (Throwable thrown) {
            throw NativeFunctions.unexpected(thrown);
        }
    }

    @Override
    public long mremap(long address, long oldBytes, long newBytes, int flags, long newAddress) {
        try (ErrnoSlot slot = ErrnoSlot.take()) {
            MemorySegment errno = slot.memory();
            long mapped =
                    (long)
                            MH$mremap.invokeExact(
                                    errno, address, oldBytes, newBytes, flags, newAddress);
            if (mapped == -1) {
                throw refused(
                        "mremap",
                        errno,
                        newBytes - oldBytes,
                        flags,
                        "0x%x, %d, %d, %s, 0x%x"
                                .formatted(
                                        address,
                                        oldBytes,
                                        newBytes,
                                        FlagNames.remapping(flags),
                                        newAddress));
            }
            return mapped;
        } catch (Throwable thrown) {
            throw NativeFunctions.unexpected(thrown);
        }
    }

    @Override
    public long residentPages(long address, long bytes) {
        long resident = 0;
        long pages = PageOrder.pagesHolding(bytes);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = arena.allocate(NativeFunctions.CAPTURE);
            MemorySegment flags = arena.allocate(Math.min(pages, RESIDENCE_STEP_PAGES));
            for (long page = 0; page < pages; page += RESIDENCE_STEP_PAGES) {
                long step = Math.min(pages - page, RESIDENCE_STEP_PAGES);
                long from = address + (page << PageOrder.PAGE_SHIFT);
                long length = step << PageOrder.PAGE_SHIFT;
                if ((int) MH$mincore.invokeExact(errno, from, length, flags) != 0) {
                    throw failed("mincore", errno, range(from, length));
                }
                for (long index = 0; index < step; index++) {
                    resident += flags.get(JAVA_BYTE, index) & 1;
                }
            }
            return resident;
        } catch (Throwable thrown) {
            throw NativeFunctions.unexpected(thrown);
        }
    }

    @Override
    public int memfdCreate(String name, int flags) {
        checkNoNul(name);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = arena.allocate(NativeFunctions.CAPTURE);
            int fd = (int) MH$memfd_create.invokeExact(errno, arena.allocateFrom(name), flags);
            if (fd < 0) {
                throw failed("memfd_create", errno, "\"" + name + "\", " + FlagNames.memfd(flags));
            }
            return fd;
        } catch (Throwable thrown) {
            throw NativeFunctions.unexpected(thrown);
        }
    }

    @Override
    public void fallocate(int fd, int mode, long offset, long bytes) {
        try (ErrnoSlot slot = ErrnoSlot.take()) {
            MemorySegment errno = slot.memory();
            if ((int) MH$fallocate.invokeExact(errno, fd, mode, offset, bytes) != 0) {
                throw failed(
                        "fallocate",
                        errno,
                        "%d, %s, %d, %d".formatted(fd, FlagNames.allocation(mode), offset, bytes));
            }
        } catch (Throwable thrown) {
            throw NativeFunctions.unexpected(thrown);
        }
    }

    @Override
    public int open(String path, int flags, int mode) {
        checkNoNul(path);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = arena.allocate(NativeFunctions.CAPTURE);
            int fd = (int) MH$open.invokeExact(errno, arena.allocateFrom(path), flags, mode);
            if (fd < 0) {
                String text = "\"%s\", %s, 0%o".formatted(path, FlagNames.opening(flags), mode);
                throw failed("open", errno, text);
            }
            return fd;
        } catch (Throwable thrown) {
            throw NativeFunctions.unexpected(thrown);
        }
    }

    @Override
    public void ftruncate(int fd, long bytes) {
        try (ErrnoSlot slot = ErrnoSlot.take()) {
            MemorySegment errno = slot.memory();
            if ((int) MH$ftruncate.invokeExact(errno, fd, bytes) != 0) {
                throw failed("ftruncate", errno, fd + ", " + bytes);
            }
        } catch (Throwable thrown) {
            throw NativeFunctions.unexpected(thrown);
        }
    }

    @Override
    public long fileBytes(int fd) {
        try (ErrnoSlot slot = ErrnoSlot.take()) {
            MemorySegment errno = slot.memory();
            long end = (long) MH$lseek.invokeExact(errno, fd, 0L, SEEK_END);
            if (end < 0) {
                throw failed("lseek", errno, fd + ", 0, SEEK_END");
            }
            return end;
        } catch (Throwable thrown) {
            throw NativeFunctions.unexpected(thrown);
        }
    }

    @Override
    public void msync(long address, long bytes, int flags) {
        try (ErrnoSlot slot = ErrnoSlot.take()) {
            MemorySegment errno = slot.memory();
            if ((int) MH$msync.invokeExact(errno, address, bytes, flags) != 0) {
                String text = range(address, bytes) + ", " + FlagNames.syncing(flags);
                throw failed("msync", errno, text);
            }
        } catch (Throwable thrown) {
            throw NativeFunctions.unexpected(thrown);
        }
    }

    @Override
    public void mlock(long address, long bytes) {
        try (ErrnoSlot slot = ErrnoSlot.take()) {
            MemorySegment errno = slot.memory();
            if ((int) MH$mlock.invokeExact(errno, address, bytes) != 0) {
                throw refused("mlock", errno, bytes, 0, range(address, bytes));
            }
        } catch (Throwable thrown) {
            throw NativeFunctions.unexpected(thrown);
        }
    }

    @Override
    public void munlock(long address, long bytes) {
        try (ErrnoSlot slot = ErrnoSlot.take()) {
            MemorySegment errno = slot.memory();
            if ((int) MH$munlock.invokeExact(errno, address, bytes) != 0) {
                throw failed("munlock", errno, range(address, bytes));
            }
        } catch (Throwable thrown) {
            throw NativeFunctions.unexpected(thrown);
        }
    }

    @Override
    public void setAnonymousName(long address, long bytes, String name) {
        checkNoNul(name);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = arena.allocate(NativeFunctions.CAPTURE);
            MemorySegment text = name.isEmpty() ? MemorySegment.NULL : arena.allocateFrom(name);
            if ((int)
                            MH$prctl.invokeExact(
                                    errno, PR_SET_VMA, PR_SET_VMA_ANON_NAME, address, bytes, text)
                    != 0) {
                throw failed(
                        "prctl",
                        errno,
                        "PR_SET_VMA, PR_SET_VMA_ANON_NAME, %s, \"%s\""
                                .formatted(range(address, bytes), name));
            }
        } catch (Throwable thrown) {
            throw NativeFunctions.unexpected(thrown);
        }
    }

    @Override
    public void mbind(long address, long bytes, int mode, long nodes, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = arena.allocate(NativeFunctions.CAPTURE);
            MemorySegment mask = arena.allocateFrom(JAVA_LONG, nodes);
            // The kernel reads one bit less than it is told.
            long bits = Long.SIZE + 1L;
            if ((long)
                            MH$syscall.invokeExact(
                                    errno,
                                    HostSystem.isX86() ? MBIND_X86 : MBIND_AARCH64,
                                    address,
                                    bytes,
                                    (long) mode,
                                    mask,
                                    bits,
                                    (long) flags)
                    != 0) {
                throw failed(
                        "mbind",
                        errno,
                        "%s, %s, 0x%x, %d, %d"
                                .formatted(
                                        range(address, bytes),
                                        FlagNames.policy(mode),
                                        nodes,
                                        bits,
                                        flags));
            }
        } catch (Throwable thrown) {
            throw NativeFunctions.unexpected(thrown);
        }
    }

    @Override
    public MemoryPolicy policyAt(long address) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = arena.allocate(NativeFunctions.CAPTURE);
            MemorySegment mode = arena.allocate(JAVA_INT);
            MemorySegment mask = arena.allocate(NODES_MAX / Byte.SIZE, Long.BYTES);
            // The kernel writes one bit less than it is told.
            if ((long)
                            MH$get_mempolicy.invokeExact(
                                    errno,
                                    HostSystem.isX86() ? GET_MEMPOLICY_X86 : GET_MEMPOLICY_AARCH64,
                                    mode,
                                    mask,
                                    NODES_MAX + 1L,
                                    address,
                                    MPOL_F_ADDR)
                    != 0) {
                throw failed("get_mempolicy", errno, "MPOL_F_ADDR, 0x%x".formatted(address));
            }
            return new MemoryPolicy(mode.get(JAVA_INT, 0), mask.get(JAVA_LONG, 0));
        } catch (Throwable thrown) {
            throw NativeFunctions.unexpected(thrown);
        }
    }

    private static void checkNoNul(String name) {
        if (name.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(
                    "a name has no NUL, and this one has one at index " + name.indexOf('\0'));
        }
    }

    @Override
    public void close(int fd) {
        try (ErrnoSlot slot = ErrnoSlot.take()) {
            MemorySegment errno = slot.memory();
            if ((int) MH$close.invokeExact(errno, fd) != 0) {
                throw failed("close", errno, Integer.toString(fd));
            }
        } catch (Throwable thrown) {
            throw NativeFunctions.unexpected(thrown);
        }
    }

    @Override
    public int currentCpu() {
        try {
            return (int) MH$sched_getcpu.invokeExact();
        } catch (Throwable thrown) {
            throw NativeFunctions.unexpected(thrown);
        }
    }

    @Override
    public CpuSet affinity() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = arena.allocate(NativeFunctions.CAPTURE);
            MemorySegment mask = arena.allocate(CPU_MASK_BYTES, Long.BYTES);
            if ((int) MH$sched_getaffinity.invokeExact(errno, 0, (long) CPU_MASK_BYTES, mask) < 0) {
                throw failed("sched_getaffinity", errno, "0, " + CPU_MASK_BYTES);
            }
            return CpuSet.ofMask(mask.toArray(JAVA_BYTE));
        } catch (Throwable thrown) {
            throw NativeFunctions.unexpected(thrown);
        }
    }

    @Override
    public void setAffinity(CpuSet cpus) {
        if (Thread.currentThread().isVirtual()) {
            throw new WrongThreadException(
                    "only a platform thread can be bound to CPUs %s; this one is virtual"
                            .formatted(cpus));
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = arena.allocate(NativeFunctions.CAPTURE);
            MemorySegment mask = arena.allocate(CPU_MASK_BYTES, Long.BYTES);
            byte[] numbers = cpus.toMask();
            MemorySegment.copy(numbers, 0, mask, JAVA_BYTE, 0, numbers.length);
            if ((int) MH$sched_setaffinity.invokeExact(errno, 0, (long) CPU_MASK_BYTES, mask) < 0) {
                throw failed("sched_setaffinity", errno, "0, " + cpus);
            }
        } catch (Throwable thrown) {
            throw NativeFunctions.unexpected(thrown);
        }
    }

    private static String range(long address, long bytes) {
        return "0x%x, %d".formatted(address, bytes);
    }

    /** As {@link #failed}, for a call that a limit of mappings may be the reason of. */
    private static SystemCallException refused(
            String call, MemorySegment capture, long bytes, int flags, String arguments) {
        int errno = NativeFunctions.errno(capture);
        String remedy = Remedy.orNull(call, errno, bytes, flags);
        return new SystemCallException(call, arguments, errno, remedy);
    }

    private static SystemCallException failed(
            String call, MemorySegment capture, String arguments) {
        return new SystemCallException(call, arguments, NativeFunctions.errno(capture));
    }
}
