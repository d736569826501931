// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

/**
 * A virtual memory area: addresses that are used for one thing, with one protection.
 *
 * <p>A value, true at the moment it was returned: later operations on the space do not change it.
 *
 * @param start the first address
 * @param end the address behind the last
 * @param kind what the addresses are used for
 * @param protection what may be done with the memory; {@link Protection#NONE} where there is none
 */
public record Area(long start, long end, Kind kind, Protection protection) {
    /** What the addresses of an area are used for. */
    public enum Kind {
        /** Taken, but without memory. */
        RESERVED,
        /** Memory of the process's own that began as zeros. */
        ANONYMOUS
    }

    /** Returns the bytes of the area. */
    public long bytes() {
        return end - start;
    }

    boolean continues(Area before) {
        return before.end == start && before.kind == kind && before.protection == protection;
    }

    Area withStart(long newStart) {
        return new Area(newStart, end, kind, protection);
    }

    Area withEnd(long newEnd) {
        return new Area(start, newEnd, kind, protection);
    }

    @Override
    public String toString() {
        return "[0x%x, 0x%x) %s %s".formatted(start, end, kind, protection);
    }
}
