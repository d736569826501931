// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import io.offkraft.platform.MemoryFlags;

/** What a process may tell the kernel about memory: madvise(2). */
public enum Advice {
    /** No advice. */
    NORMAL(MemoryFlags.MADV_NORMAL),
    /** Pages will be touched in no order: reading ahead does not pay. */
    RANDOM(MemoryFlags.MADV_RANDOM),
    /** Pages will be touched in order, once. */
    SEQUENTIAL(MemoryFlags.MADV_SEQUENTIAL),
    /** The pages will be touched soon. */
    WILL_NEED(MemoryFlags.MADV_WILLNEED),
    /**
     * The contents are not needed. Anonymous memory reads as zero from now on, files and frames as
     * they are.
     */
    DONT_NEED(MemoryFlags.MADV_DONTNEED),
    /**
     * The contents are not needed, unless the memory is written to before the kernel takes it; it
     * reads as before or as zero until then. Anonymous memory only.
     */
    FREE(MemoryFlags.MADV_FREE),
    /** Huge pages are worth their memory here. */
    HUGE_PAGE(MemoryFlags.MADV_HUGEPAGE),
    /** They are not. */
    NO_HUGE_PAGE(MemoryFlags.MADV_NOHUGEPAGE),
    /** The pages are the next to go if memory gets scarce. */
    COLD(MemoryFlags.MADV_COLD),
    /** The pages may go now; they come back when they are touched. */
    PAGE_OUT(MemoryFlags.MADV_PAGEOUT),
    /** Turn what is there into huge pages, now. EINVAL if that can't be done. */
    COLLAPSE(MemoryFlags.MADV_COLLAPSE);

    private final int number;

    Advice(int number) {
        this.number = number;
    }

    /** Returns the number that the kernel takes. */
    int number() {
        return number;
    }
}
