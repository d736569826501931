// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

import io.offkraft.cli.vm.Operation.Source;
import io.offkraft.vmem.Protection;
import io.offkraft.word.PageOrder;
import java.util.Arrays;
import java.util.List;

/**
 * What a layout must be, page by page: the plain model that a space is compared with.
 *
 * <p>It knows nothing of areas and shares no code with the space. Addresses are offsets from the
 * beginning of the space.
 */
final class LayoutModel {
    private static final byte HOLE = 0;

    /** What can be at a page that is no hole. */
    private record State(Source source, Protection protection) {}

    /** A page in the n-th state, from 1, has n in {@link #states}. */
    private static final List<State> STATES =
            Arrays.stream(Source.values())
                    .flatMap(source ->
                            Arrays.stream(Protection.values())
                                    .map(protection -> new State(source, protection)))
                    .toList();

    /** What is there: {@link #HOLE}, or what it is and may be, in one number. */
    private final byte[] states;

    /** The page of the file that is there; 0 where there is none. */
    private final int[] filePages;

    /** The line of the last call about the page; 0 if there was none. */
    private final int[] lines;

    LayoutModel(long bytes) {
        int pages = page(bytes);
        states = new byte[pages];
        filePages = new int[pages];
        lines = new int[pages];
    }

    int pages() {
        return states.length;
    }

    boolean isHole(int page) {
        return states[page] == HOLE;
    }

    /** Returns what is mapped at a page that is no hole. */
    Source source(int page) {
        return STATES.get(states[page] - 1).source();
    }

    /** Returns the protection of a page that is no hole. */
    Protection protection(int page) {
        return STATES.get(states[page] - 1).protection();
    }

    /** Returns the page of the file that is at a page. */
    int filePage(int page) {
        return filePages[page];
    }

    /** Returns the line of the last call about a page; 0 if there was none. */
    int line(int page) {
        return lines[page];
    }

    /** Returns how many pages of a range are holes. */
    int holes(long start, long end) {
        int holes = 0;
        for (int page = page(start); page < page(end); page++) {
            holes += isHole(page) ? 1 : 0;
        }
        return holes;
    }

    /** Returns whether a range is of one kind, and shows one part of a file if any. */
    boolean isUniform(long start, long end) {
        for (int page = page(start) + 1; page < page(end); page++) {
            int step = source(page(start)) == Source.ANONYMOUS ? 0 : 1;
            if (states[page] != states[page - 1] || filePages[page] != filePages[page - 1] + step) {
                return false;
            }
        }
        return true;
    }

    /**
     * Returns what maps {@code [start, end)} like what is at {@code like}.
     *
     * @param behind how many bytes of the file come in between; 0 for a copy of what is there
     */
    Operation.Place placeLike(long like, long behind, long start, long end) {
        int page = page(like);
        boolean ofFile = source(page) != Source.ANONYMOUS;
        long first = ofFile ? ((long) filePages[page] << PageOrder.PAGE_SHIFT) + behind : 0;
        return new Operation.Place(start, end, source(page), first, protection(page), true);
    }

    void apply(VmStep step) {
        switch (step.operation()) {
            case Operation.Place place -> {
                byte state = state(place.source(), place.protection());
                fill(place.start(), place.end(), state, page(place.offset()), step.line());
            }
            case Operation.Clear clear -> fill(clear.start(), clear.end(), HOLE, 0, step.line());
            case Operation.Protect protect -> protect(protect, step.line());
            case Operation.Treat treat ->
                    Arrays.fill(lines, page(treat.start()), page(treat.end()), step.line());
            case Operation.Resize resize -> {
                byte state = states[page(resize.start())];
                int filePage = filePages[page(resize.start())];
                long oldEnd = resize.end();
                if (resize.newEnd() < oldEnd) {
                    fill(resize.newEnd(), oldEnd, HOLE, 0, step.line());
                }
                fill(resize.start(), resize.newEnd(), state, filePage, step.line());
            }
            case Operation.Move move -> {
                byte state = states[page(move.start())];
                int filePage = filePages[page(move.start())];
                if (!move.keepsOld()) {
                    fill(move.start(), move.end(), HOLE, 0, step.line());
                }
                fill(move.newStart(), move.newEnd(), state, filePage, step.line());
            }
        }
    }

    private void protect(Operation.Protect protect, int line) {
        for (int page = page(protect.start()); page < page(protect.end()); page++) {
            lines[page] = line;
            if (!isHole(page)) {
                states[page] = state(source(page), protect.protection());
            }
        }
    }

    private void fill(long start, long end, byte state, int firstFilePage, int line) {
        boolean ofFile = state != HOLE && STATES.get(state - 1).source() != Source.ANONYMOUS;
        for (int page = page(start); page < page(end); page++) {
            states[page] = state;
            filePages[page] = ofFile ? firstFilePage + (page - page(start)) : 0;
            lines[page] = line;
        }
    }

    private static byte state(Source source, Protection protection) {
        return (byte) (1 + STATES.indexOf(new State(source, protection)));
    }

    private static int page(long bytes) {
        return Math.toIntExact(bytes >>> PageOrder.PAGE_SHIFT);
    }
}
