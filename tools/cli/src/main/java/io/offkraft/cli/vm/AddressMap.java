// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Where the ranges of a recording lie in a space: in the same order, with the gaps between them cut
 * short.
 *
 * <p>What lay side by side does so again, what lay apart still does, and each address is the same
 * within its huge page.
 */
final class AddressMap {
    private static final long HUGE_BYTES = 2L << 20;

    /** A range of addresses that calls were about, from {@code from} on. */
    private record Piece(long from, long end, long to) {}

    /** By address in the recording. */
    private final NavigableMap<Long, Piece> recorded = new TreeMap<>();

    /** By offset in the space. */
    private final NavigableMap<Long, Piece> placed = new TreeMap<>();

    private final long bytes;

    private AddressMap(List<long[]> ranges) {
        long recordedEnd = 0;
        long placedEnd = 0;
        for (long[] range : merged(ranges)) {
            long gap = range[0] - recordedEnd;
            if (gap > 2 * HUGE_BYTES) {
                gap = HUGE_BYTES + gap % HUGE_BYTES;
            }
            Piece piece = new Piece(range[0], range[1], placedEnd + gap);
            recorded.put(piece.from(), piece);
            placed.put(piece.to(), piece);
            recordedEnd = range[1];
            placedEnd += gap + (range[1] - range[0]);
        }
        bytes = (placedEnd / HUGE_BYTES + 1) * HUGE_BYTES;
    }

    /** Makes the map for operations at the addresses of the recording. */
    static AddressMap of(List<VmStep> steps) {
        List<long[]> ranges = new ArrayList<>();
        for (VmStep step : steps) {
            ranges.addAll(ranges(step.operation()));
        }
        return new AddressMap(ranges);
    }

    /** Returns the ranges, as start and end, that an operation is about. */
    static List<long[]> ranges(Operation operation) {
        return switch (operation) {
            case Operation.Move move ->
                    List.of(
                            new long[] {move.start(), move.end()},
                            new long[] {move.newStart(), move.newEnd()});
            case Operation.Resize resize ->
                    List.of(new long[] {resize.start(), Math.max(resize.end(), resize.newEnd())});
            case Operation.Place _, Operation.Clear _, Operation.Protect _, Operation.Treat _ ->
                    List.of(new long[] {operation.start(), operation.end()});
        };
    }

    private static List<long[]> merged(List<long[]> ranges) {
        ranges.sort(Comparator.comparingLong(range -> range[0]));
        List<long[]> merged = new ArrayList<>();
        for (long[] range : ranges) {
            if (!merged.isEmpty() && range[0] <= merged.getLast()[1]) {
                merged.getLast()[1] = Math.max(merged.getLast()[1], range[1]);
            } else {
                merged.add(range.clone());
            }
        }
        return merged;
    }

    /** Returns how long a space must be, whole huge pages. */
    long bytes() {
        return bytes;
    }

    /** Returns the offset from the beginning of a space. */
    long place(long address) {
        return translated(recorded, address, Piece::from, Piece::to);
    }

    /** Returns the address in the recording of an offset in a space. */
    long recordedAt(long offset) {
        return translated(placed, offset, Piece::to, Piece::from);
    }

    private static long translated(
            NavigableMap<Long, Piece> pieces,
            long address,
            java.util.function.ToLongFunction<Piece> from,
            java.util.function.ToLongFunction<Piece> to) {
        Map.Entry<Long, Piece> floor = pieces.floorEntry(address);
        Piece piece = floor == null ? pieces.firstEntry().getValue() : floor.getValue();
        return address - from.applyAsLong(piece) + to.applyAsLong(piece);
    }
}
