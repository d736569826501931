// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import io.offkraft.word.Alignment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The areas of a space by address: sorted, disjoint, and merged as far as they can be. What lies
 * between them is a hole.
 *
 * <p>Guarded by the space's lock. Every operation takes O(log n) and the areas it touches, except
 * the search for a hole.
 */
final class AreaIndex {
    private final TreeMap<Long, Area> byStart = new TreeMap<>();
    private long anonymousBytes;

    /** Returns the bytes of all anonymous areas. */
    long anonymousBytes() {
        return anonymousBytes;
    }

    /** Returns the area that holds {@code address}, or null. */
    @Nullable Area at(long address) {
        Map.Entry<Long, Area> before = byStart.floorEntry(address);
        return before != null && address < before.getValue().end() ? before.getValue() : null;
    }

    /** Returns all areas, ascending. */
    List<Area> all() {
        return List.copyOf(byStart.values());
    }

    /**
     * Returns the parts of areas that lie in {@code [start, end)}, ascending; holes are left out.
     */
    List<Area> within(long start, long end) {
        List<Area> parts = new ArrayList<>();
        Area first = at(start);
        long from = first == null ? start : first.start();
        for (Area area : byStart.subMap(from, end).values()) {
            Area tail = area.start() < start ? area.withStart(start) : area;
            parts.add(tail.end() > end ? tail.withEnd(end) : tail);
        }
        return parts;
    }

    /** Returns the first address in {@code [start, end)} that is in no area, or -1. */
    long firstHoleOrMinus1(long start, long end) {
        long next = start;
        for (Area part : within(start, end)) {
            if (part.start() != next) {
                return next;
            }
            next = part.end();
        }
        return next < end ? next : -1;
    }

    /**
     * Returns the lowest aligned address of a hole of {@code bytes} bytes in {@code [start, end)},
     * or -1.
     */
    long firstFitOrMinus1(long start, long end, long bytes, long alignment) {
        long hole = start;
        for (Area area : byStart.values()) {
            long fit = Alignment.alignUp(hole, alignment);
            if (fit >= hole && area.start() - fit >= bytes) {
                return fit;
            }
            hole = area.end();
        }
        long fit = Alignment.alignUp(hole, alignment);
        return fit >= hole && end - fit >= bytes ? fit : -1;
    }

    /** Returns the bytes of the largest hole in {@code [start, end)}. */
    long largestHole(long start, long end) {
        long largest = 0;
        long hole = start;
        for (Area area : byStart.values()) {
            largest = Math.max(largest, area.start() - hole);
            hole = area.end();
        }
        return Math.max(largest, end - hole);
    }

    /** Makes {@code area} what is there, whatever was there before. */
    void put(Area area) {
        remove(area.start(), area.end());
        anonymousBytes += anonymousBytesOf(area);
        Area merged = area;
        Map.Entry<Long, Area> before = byStart.lowerEntry(area.start());
        if (before != null && merged.continues(before.getValue())) {
            merged = merged.withStart(before.getKey());
        }
        Area after = byStart.get(area.end());
        if (after != null && after.continues(merged)) {
            byStart.remove(area.end());
            merged = merged.withEnd(after.end());
        }
        byStart.put(merged.start(), merged);
    }

    /** Makes {@code [start, end)} a hole. */
    void remove(long start, long end) {
        for (Area part : within(start, end)) {
            anonymousBytes -= anonymousBytesOf(part);
        }
        Area first = at(start);
        Area last = at(end - 1);
        byStart.subMap(start, end).clear();
        if (first != null && first.start() < start) {
            byStart.put(first.start(), first.withEnd(start));
        }
        if (last != null && last.end() > end) {
            byStart.put(end, last.withStart(end));
        }
    }

    private static long anonymousBytesOf(Area area) {
        return area.kind() == Area.Kind.ANONYMOUS ? area.bytes() : 0;
    }

    /** Throws unless the areas are sorted, disjoint, merged and in the range, and add up. */
    void validate(long start, long end) {
        Area before = null;
        long anonymous = 0;
        for (Map.Entry<Long, Area> entry : byStart.entrySet()) {
            Area area = entry.getValue();
            require(entry.getKey() == area.start(), "is filed under another address", area);
            require(area.start() < area.end(), "is empty", area);
            require(area.start() >= start && area.end() <= end, "is outside", area);
            require(before == null || before.end() <= area.start(), "overlaps", area);
            require(before == null || !area.continues(before), "is not merged", area);
            anonymous += anonymousBytesOf(area);
            before = area;
        }
        if (anonymous != anonymousBytes) {
            throw new IllegalStateException(
                    "anonymous bytes are %d, counted %d".formatted(anonymous, anonymousBytes));
        }
    }

    private static void require(boolean condition, String fault, Area area) {
        if (!condition) {
            throw new IllegalStateException(area + " " + fault);
        }
    }
}
