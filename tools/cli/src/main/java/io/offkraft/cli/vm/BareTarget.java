// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

import static io.offkraft.platform.MemoryFlags.MADV_COLD;
import static io.offkraft.platform.MemoryFlags.MADV_COLLAPSE;
import static io.offkraft.platform.MemoryFlags.MADV_DONTNEED;
import static io.offkraft.platform.MemoryFlags.MADV_FREE;
import static io.offkraft.platform.MemoryFlags.MADV_HUGEPAGE;
import static io.offkraft.platform.MemoryFlags.MADV_NOHUGEPAGE;
import static io.offkraft.platform.MemoryFlags.MADV_NORMAL;
import static io.offkraft.platform.MemoryFlags.MADV_PAGEOUT;
import static io.offkraft.platform.MemoryFlags.MADV_POPULATE_READ;
import static io.offkraft.platform.MemoryFlags.MADV_RANDOM;
import static io.offkraft.platform.MemoryFlags.MADV_SEQUENTIAL;
import static io.offkraft.platform.MemoryFlags.MADV_WILLNEED;
import static io.offkraft.platform.MemoryFlags.MAP_ANONYMOUS;
import static io.offkraft.platform.MemoryFlags.MAP_FIXED;
import static io.offkraft.platform.MemoryFlags.MAP_NORESERVE;
import static io.offkraft.platform.MemoryFlags.MAP_PRIVATE;
import static io.offkraft.platform.MemoryFlags.MAP_SHARED;
import static io.offkraft.platform.MemoryFlags.MS_SYNC;
import static io.offkraft.platform.MemoryFlags.O_CLOEXEC;
import static io.offkraft.platform.MemoryFlags.O_RDWR;
import static io.offkraft.platform.MemoryFlags.PROT_NONE;
import static io.offkraft.platform.MemoryFlags.PROT_READ;
import static io.offkraft.platform.MemoryFlags.PROT_WRITE;

import io.offkraft.platform.SystemCallException;
import io.offkraft.platform.SystemCalls;
import io.offkraft.vmem.Protection;
import java.util.Objects;

/**
 * The same calls made bare, in a reserved range: what there is to compare the space's times with.
 *
 * <p>What unmaps, maps without access instead: addresses that were given back could be another's
 * before they are mapped again.
 */
final class BareTarget implements VmTarget {
    private static final long HUGE_BYTES = 2L << 20;
    private static final int EMPTY = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

    private final SystemCalls calls = SystemCalls.linux();
    private final long mapped;
    private final long mappedBytes;
    private final long base;
    private final int fd;

    BareTarget(long bytes) {
        mappedBytes = bytes + HUGE_BYTES;
        mapped = calls.mmap(0, mappedBytes, PROT_NONE, EMPTY, -1, 0);
        base = (mapped + HUGE_BYTES - 1) / HUGE_BYTES * HUGE_BYTES;
        fd = BackingFile.openedBy(path -> calls.open(path.toString(), O_RDWR | O_CLOEXEC, 0));
    }

    @Override
    public void make(VmStep step) {
        Operation operation = step.operation();
        long address = base + operation.start();
        switch (operation) {
            case Operation.Place place -> place(place);
            case Operation.Clear clear -> clear(clear.start(), clear.end());
            case Operation.Protect protect ->
                    calls.mprotect(address, protect.bytes(), bits(protect.protection()));
            case Operation.Resize resize -> {
                if (resize.newEnd() > resize.end()) {
                    place(Objects.requireNonNull(step.made()));
                } else if (resize.newEnd() < resize.end()) {
                    clear(resize.newEnd(), resize.end());
                }
            }
            case Operation.Move move -> {
                place(Objects.requireNonNull(step.made()));
                if (!move.keepsOld()) {
                    clear(move.start(), move.end());
                }
            }
            case Operation.Treat treat -> treat(treat, address);
        }
    }

    private void place(Operation.Place place) {
        int flags =
                MAP_FIXED
                        | MAP_NORESERVE
                        | switch (place.source()) {
                            case ANONYMOUS -> MAP_PRIVATE | MAP_ANONYMOUS;
                            case FILE_PRIVATE -> MAP_PRIVATE;
                            case FILE_SHARED -> MAP_SHARED;
                        };
        boolean anonymous = place.source() == Operation.Source.ANONYMOUS;
        calls.mmap(
                base + place.start(),
                place.bytes(),
                bits(place.protection()),
                flags,
                anonymous ? -1 : fd,
                place.offset());
    }

    private void clear(long start, long end) {
        calls.mmap(base + start, end - start, PROT_NONE, EMPTY | MAP_FIXED, -1, 0);
    }

    private static int bits(Protection protection) {
        return switch (protection) {
            case NONE -> PROT_NONE;
            case READ -> PROT_READ;
            case READ_WRITE -> PROT_READ | PROT_WRITE;
        };
    }

    @SuppressWarnings("EmptyCatch") // the space was refused the same, and remarked on it
    private void treat(Operation.Treat treat, long address) {
        long bytes = treat.bytes();
        try {
            switch (treat.treatment()) {
                case NORMAL -> calls.madvise(address, bytes, MADV_NORMAL);
                case RANDOM -> calls.madvise(address, bytes, MADV_RANDOM);
                case SEQUENTIAL -> calls.madvise(address, bytes, MADV_SEQUENTIAL);
                case WILLNEED -> calls.madvise(address, bytes, MADV_WILLNEED);
                case DONTNEED -> calls.madvise(address, bytes, MADV_DONTNEED);
                case FREE -> calls.madvise(address, bytes, MADV_FREE);
                case HUGEPAGE -> calls.madvise(address, bytes, MADV_HUGEPAGE);
                case NOHUGEPAGE -> calls.madvise(address, bytes, MADV_NOHUGEPAGE);
                case COLD -> calls.madvise(address, bytes, MADV_COLD);
                case PAGEOUT -> calls.madvise(address, bytes, MADV_PAGEOUT);
                case COLLAPSE -> calls.madvise(address, bytes, MADV_COLLAPSE);
                case POPULATE -> calls.madvise(address, bytes, MADV_POPULATE_READ);
                case LOCK -> calls.mlock(address, bytes);
                case UNLOCK -> calls.munlock(address, bytes);
                case SYNC -> calls.msync(address, bytes, MS_SYNC);
            }
        } catch (SystemCallException refused) {
            // as said
        }
    }

    @Override
    public void close() {
        calls.munmap(mapped, mappedBytes);
        calls.close(fd);
    }
}
