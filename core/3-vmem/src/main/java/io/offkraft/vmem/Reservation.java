// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import io.offkraft.platform.MemoryFlags;
import io.offkraft.platform.SystemCallException;
import io.offkraft.platform.SystemCalls;
import io.offkraft.word.Alignment;
import io.offkraft.word.PageOrder;

/**
 * The system calls that take addresses from the process and make addresses empty.
 *
 * <p>Empty addresses are mapped without access, memory or a promise of memory; so nobody else in
 * the process is given them.
 */
final class Reservation {
    private static final int FLAGS =
            MemoryFlags.MAP_PRIVATE | MemoryFlags.MAP_ANONYMOUS | MemoryFlags.MAP_NORESERVE;

    private Reservation() {}

    /**
     * Reserves {@code bytes} bytes whose first address is a multiple of {@code alignment}: more
     * than that is mapped, and what lies around the aligned part is given back.
     *
     * @throws SystemCallException if the kernel refuses; then nothing stays mapped
     */
    static long reserveAligned(SystemCalls calls, long bytes, long alignment) {
        long slack = alignment - PageOrder.PAGE_BYTES;
        long mapped = calls.mmap(0, bytes + slack, MemoryFlags.PROT_NONE, FLAGS, -1, 0);
        long mappedEnd = mapped + bytes + slack;
        long start = Alignment.alignUp(mapped, alignment);
        long ours = mapped; // never unmap below: what was given back may be another's by now
        try {
            unmapIfAny(calls, mapped, start);
            ours = start;
            unmapIfAny(calls, start + bytes, mappedEnd);
            return start;
        } catch (SystemCallException refused) {
            giveUp(calls, ours, mappedEnd, refused);
            throw refused;
        }
    }

    /**
     * Makes a range inside a reservation empty, whatever is in it.
     *
     * <p>It is one call. The kernel gives the old memory back and installs the new mapping under
     * one lock, so no address is free for others in between, as it would be between munmap and
     * mmap; and there is no half-way state to fail in, as there would be between madvise and
     * mprotect.
     */
    static void empty(SystemCalls calls, long address, long bytes) {
        long at =
                calls.mmap(
                        address,
                        bytes,
                        MemoryFlags.PROT_NONE,
                        FLAGS | MemoryFlags.MAP_FIXED,
                        -1,
                        0);
        assert at == address : "MAP_FIXED put it at " + at;
    }

    private static void unmapIfAny(SystemCalls calls, long from, long to) {
        if (from < to) {
            calls.munmap(from, to - from);
        }
    }

    private static void giveUp(SystemCalls calls, long from, long to, SystemCallException why) {
        try {
            unmapIfAny(calls, from, to);
        } catch (SystemCallException again) {
            why.addSuppressed(again);
        }
    }
}
