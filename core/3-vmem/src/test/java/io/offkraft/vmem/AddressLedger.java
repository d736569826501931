// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import static io.offkraft.platform.MemoryFlags.MREMAP_DONTUNMAP;
import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.platform.SystemCalls;
import io.offkraft.word.PageOrder;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/** Which pages the calls hold; refuses a call on a page that they do not. */
final class AddressLedger {
    private static final long PAGE = PageOrder.PAGE_BYTES;

    private final Set<Long> pages = new TreeSet<>();

    long pagesHeld() {
        return pages.size();
    }

    /** Returns calls that carry on to {@code beneath} and are booked once they succeeded. */
    SystemCalls watch(SystemCalls beneath) {
        return ScriptedSystemCalls.watching(beneath, this::book);
    }

    private void book(String call, Object[] arguments, Object result) {
        switch (call) {
            case "mmap" -> {
                final long asked = (long) arguments[0];
                if (asked == 0) {
                    forEachPage((long) result, (long) arguments[1], pages::add);
                } else {
                    forEachPage(asked, (long) arguments[1], this::requireHeld);
                }
            }
            case "mremap" -> {
                final boolean moves = ((int) arguments[3] & MREMAP_DONTUNMAP) == 0;
                forEachPage(
                        (long) arguments[0],
                        (long) arguments[1],
                        page -> {
                            requireHeld(page);
                            if (moves) {
                                pages.remove(page);
                            }
                        });
                forEachPage((long) arguments[4], (long) arguments[2], this::requireHeld);
            }
            case "munmap" ->
                    forEachPage(
                            (long) arguments[0],
                            (long) arguments[1],
                            page -> {
                                requireHeld(page);
                                pages.remove(page);
                            });
            default -> forEachPage((long) arguments[0], (long) arguments[1], this::requireHeld);
        }
    }

    private void requireHeld(long page) {
        assertThat(pages.contains(page)).as("page 0x%x is held", page * PAGE).isTrue();
    }

    private static void forEachPage(long address, long bytes, Consumer<Long> action) {
        for (long page = address / PAGE; page < (address + bytes) / PAGE; page++) {
            action.accept(page);
        }
    }
}
