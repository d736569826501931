// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import io.offkraft.word.PageOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The naive model of a space with areas of every sort: an area a page, null where a hole is. */
final class PageAreas {
    static final long PAGE = PageOrder.PAGE_BYTES;

    private final long base;
    private final @Nullable Area[] pages;

    PageAreas(long base, int pageCount) {
        this.base = base;
        pages = new Area[pageCount];
    }

    int count() {
        return pages.length;
    }

    @Nullable Area page(int index) {
        return pages[index];
    }

    long address(int page) {
        return base + page * PAGE;
    }

    int index(long address) {
        return (int) ((address - base) / PAGE);
    }

    boolean all(int first, int count, Predicate<@Nullable Area> such) {
        for (int page = first; page < first + count; page++) {
            if (!such.test(pages[page])) {
                return false;
            }
        }
        return true;
    }

    boolean isHole(int first, int count) {
        return all(first, count, area -> area == null);
    }

    boolean haveMemory(int first, int count, Holes holes) {
        return all(
                first,
                count,
                area -> area == null ? holes == Holes.SKIPPED : area.kind().hasMemory());
    }

    boolean are(int first, int count, Area.Kind kind) {
        return all(first, count, area -> area != null && area.kind() == kind);
    }

    boolean isWithoutHoles(int first, int count) {
        return all(first, count, area -> area != null);
    }

    /** Returns whether no stack is in the range with a part only. */
    boolean cutsNoStack(int first, int count) {
        final long from = address(first);
        final long to = address(first + count);
        return all(
                first,
                count,
                area -> {
                    final StackLayout stack = area == null ? null : area.stack();
                    return stack == null || (stack.start() >= from && stack.end() <= to);
                });
    }

    boolean isOneArea(int first, int count) {
        for (int page = first + 1; page < first + count; page++) {
            if (!continues(pages[page], pages[page - 1])) {
                return false;
            }
        }
        return pages[first] != null;
    }

    /** Returns the first page of the lowest aligned hole, or -1. */
    int firstFitOrMinus1(int count, long alignment) {
        for (int first = 0; first + count <= pages.length; first++) {
            if (address(first) % alignment == 0 && isHole(first, count)) {
                return first;
            }
        }
        return -1;
    }

    void empty(int first, int count) {
        Arrays.fill(pages, first, first + count, null);
    }

    /** Puts pages there that go on one after the other like {@code area}, wherever that is. */
    void put(int first, int count, Area area) {
        for (int page = 0; page < count; page++) {
            final long offset = area.backing() == null ? 0 : area.offset() + page * PAGE;
            pages[first + page] =
                    new Area(
                            address(first + page),
                            address(first + page + 1),
                            area.kind(),
                            area.protection(),
                            area.name(),
                            PAGE,
                            area.backing(),
                            offset,
                            area.stack());
        }
    }

    /** Puts there what a request makes; of a stack all of it. */
    void put(int first, AreaRequest request) {
        final int guard = request.kind == Area.Kind.STACK ? (int) (request.guardBytes / PAGE) : 0;
        final int usable = (int) (request.bytes / PAGE);
        StackLayout stack = null;
        if (guard > 0) {
            stack =
                    new StackLayout(
                            address(first),
                            address(first + guard),
                            address(first + guard + usable),
                            address(first + 2 * guard + usable),
                            request.growth);
            final Area sort = area(Area.Kind.GUARD, Protection.NONE, "", null, 0, stack);
            put(first, guard, sort);
            put(first + guard + usable, guard, sort);
        }
        put(
                first + guard,
                usable,
                area(
                        request.kind,
                        request.protection,
                        request.name,
                        request.backing,
                        request.offset,
                        stack));
    }

    private static Area area(
            Area.Kind kind,
            Protection protection,
            String name,
            @Nullable Backing backing,
            long offset,
            @Nullable StackLayout stack) {
        return new Area(0, PAGE, kind, protection, name, PAGE, backing, offset, stack);
    }

    /** Changes the areas of a range, leaving holes. */
    void change(int first, int count, UnaryOperator<Area> changed) {
        for (int page = first; page < first + count; page++) {
            final Area area = pages[page];
            pages[page] = area == null ? null : changed.apply(area);
        }
    }

    /** Returns the areas, merged as far as they can be. */
    List<Area> merged() {
        final List<Area> areas = new ArrayList<>();
        for (final Area page : pages) {
            final int last = areas.size() - 1;
            if (page != null && last >= 0 && page.continues(areas.get(last))) {
                areas.set(last, areas.get(last).withEnd(page.end()));
            } else if (page != null) {
                areas.add(page);
            }
        }
        return areas;
    }

    private static boolean continues(@Nullable Area area, @Nullable Area before) {
        return area != null && before != null && area.continues(before);
    }
}
