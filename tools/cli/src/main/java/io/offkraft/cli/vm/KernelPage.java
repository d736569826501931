// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

import io.offkraft.cli.vmmap.MappedRange;
import io.offkraft.cli.vmmap.ProcessMaps;
import io.offkraft.word.PageOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What {@code /proc/self/maps} says about a page.
 *
 * @param permissions such as {@code rw-p}
 * @param filePage the page of the file that is there; {@link #NO_FILE} if it is of none
 */
record KernelPage(String permissions, long filePage) {
    static final long NO_FILE = -1;

    /** What a space keeps a hole as. */
    static final KernelPage HOLE = new KernelPage("---p", NO_FILE);

    /** Returns the pages from {@code base} on; null where there is nothing. */
    static @Nullable KernelPage[] of(long base, int pages) {
        @Nullable KernelPage[] listed = new @Nullable KernelPage[pages];
        ProcessMaps.ofThisProcess().forEach(range -> add(range, base, listed));
        return listed;
    }

    private static void add(MappedRange range, long base, @Nullable KernelPage[] listed) {
        int from = page(range.start(), base, listed.length);
        int to = page(range.end(), base, listed.length);
        if (!range.showsFile()) {
            Arrays.fill(listed, from, to, new KernelPage(range.permissions(), NO_FILE));
            return;
        }
        for (int page = from; page < to; page++) {
            long address = base + ((long) page << PageOrder.PAGE_SHIFT);
            long offset = range.offset() + (address - range.start());
            listed[page] = new KernelPage(range.permissions(), offset >>> PageOrder.PAGE_SHIFT);
        }
    }

    /** Returns the page that an address begins, the nearest of those that there are. */
    private static int page(long address, long base, int pages) {
        long page = (address - base) >> PageOrder.PAGE_SHIFT;
        return Math.clamp(page, 0, pages);
    }

    @Override
    public String toString() {
        return filePage == NO_FILE ? permissions : permissions + " page " + filePage;
    }
}
