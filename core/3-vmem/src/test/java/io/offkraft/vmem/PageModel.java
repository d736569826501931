// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import io.offkraft.word.PageOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The naive model of a space: what each page is, and the word that stands in it. */
final class PageModel {
    private static final long PAGE = PageOrder.PAGE_BYTES;

    /** What a page is; {@code kind} null means that it is in no area. */
    record Page(Area.@Nullable Kind kind, Protection protection, long word) {
        static final Page HOLE = new Page(null, Protection.NONE, 0);
        static final Page RESERVED = new Page(Area.Kind.RESERVED, Protection.NONE, 0);

        static Page anonymous(Protection protection) {
            return new Page(Area.Kind.ANONYMOUS, protection, 0);
        }

        boolean isHole() {
            return kind == null;
        }

        boolean isReserved() {
            return kind == Area.Kind.RESERVED;
        }

        boolean isAnonymous() {
            return kind == Area.Kind.ANONYMOUS;
        }

        Page withProtection(Protection newProtection) {
            return new Page(kind, newProtection, word);
        }

        Page withWord(long newWord) {
            return new Page(kind, protection, newWord);
        }
    }

    private final long base;
    private final Page[] pages;

    PageModel(long base, int pageCount) {
        this.base = base;
        this.pages = new Page[pageCount];
        Arrays.fill(pages, Page.HOLE);
    }

    Page page(int index) {
        return pages[index];
    }

    void set(int index, Page page) {
        pages[index] = page;
    }

    /** Returns whether the range lies inside and all its pages are such. */
    boolean all(int first, int count, Predicate<Page> such) {
        if (first < 0 || count <= 0 || count > pages.length - first) {
            return false;
        }
        return Arrays.stream(pages, first, first + count).allMatch(such);
    }

    void fill(int first, int count, Page page) {
        Arrays.fill(pages, first, first + count, page);
    }

    void protect(int first, int count, Protection protection) {
        for (int index = first; index < first + count; index++) {
            pages[index] = pages[index].withProtection(protection);
        }
    }

    /** Returns the first page of the lowest aligned hole, or -1. */
    int firstFitOrMinus1(int count, int alignmentPages) {
        for (int first = 0; first + count <= pages.length; first++) {
            final boolean aligned = ((base / PAGE) + first) % alignmentPages == 0;
            if (aligned && all(first, count, Page::isHole)) {
                return first;
            }
        }
        return -1;
    }

    /** Returns the areas, merged as far as they can be. */
    List<Area> areas() {
        final List<Area> areas = new ArrayList<>();
        int first = 0;
        for (int index = 1; index <= pages.length; index++) {
            if (index == pages.length || !alike(pages[first], pages[index])) {
                final Area.Kind kind = pages[first].kind();
                if (kind != null) {
                    areas.add(
                            new Area(
                                    base + first * PAGE,
                                    base + index * PAGE,
                                    kind,
                                    pages[first].protection()));
                }
                first = index;
            }
        }
        return areas;
    }

    long committedBytes() {
        return Arrays.stream(pages).filter(Page::isAnonymous).count() * PAGE;
    }

    private static boolean alike(Page one, Page other) {
        return one.kind() == other.kind() && one.protection() == other.protection();
    }
}
