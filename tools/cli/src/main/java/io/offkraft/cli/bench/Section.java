// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.bench;

import io.offkraft.workload.allocator.AllocatorKind;
import java.util.Locale;

/** The parts of a benchmark: each compares allocators of one kind. */
public enum Section {
    /** Heaps. */
    HEAPS(
            "Heaps",
            "Nanoseconds for a block, allocated, written to at both ends, checked and freed, of all"
                    + " threads together.",
            AllocatorKind.OFFKRAFT),
    /** More and more threads. */
    SCALING(
            "Scaling",
            "The same, with more and more threads on the same CPUs.",
            AllocatorKind.OFFKRAFT),
    /** Arenas of one thread. */
    CONFINED_ARENAS(
            "Confined arenas",
            "Nanoseconds to open an arena, allocate one segment, write to it and close the arena."
                    + " Without -raw, the segment is set to zero.",
            AllocatorKind.OFFKRAFT_CONFINED),
    /** Arenas of all threads. */
    SHARED_ARENAS(
            "Shared arenas",
            "The same with arenas that any thread may use and close.",
            AllocatorKind.OFFKRAFT_SHARED),
    /** Page allocators. */
    PAGES(
            "Pages",
            "Nanoseconds to allocate and free a block of 1, 8 or 512 pages in a region of which a"
                    + " random half is taken; one at a time, or many and then all of them in"
                    + " another order. Pages are not touched.",
            AllocatorKind.PAGES_LOW);

    private final String title;
    private final String note;
    private final AllocatorKind baseline;

    Section(String title, String note, AllocatorKind baseline) {
        this.title = title;
        this.note = note;
        this.baseline = baseline;
    }

    /** Returns the name by which reports know it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Returns its heading. */
    public String title() {
        return title;
    }

    /** Returns what its figures are. */
    public String note() {
        return note;
    }

    /** Returns the allocator that the others are compared with. */
    public AllocatorKind baseline() {
        return baseline;
    }
}
