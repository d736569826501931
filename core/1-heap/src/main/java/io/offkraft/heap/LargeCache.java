// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

/**
 * Some large blocks of a stripe that were freed and wait for the next request of their size, so
 * that who takes and frees a buffer again and again need not ask the buddy each time.
 *
 * <p>Few, so a list that is searched from its end: the youngest is the warmest. Guarded by the
 * stripe.
 */
final class LargeCache {
    /** The most blocks. */
    static final int BLOCKS = 8;

    /** The most pages of all of them: 2 MiB. */
    static final int PAGES = 512;

    private final long[] addresses = new long[BLOCKS];
    private final int[] pages = new int[BLOCKS];
    private int count;
    private int pagesOfAll;

    /** Returns the index of a block of {@code wanted} pages, -1 if there is none. */
    int findOrMinus1(long wanted) {
        for (int i = count - 1; i >= 0; i--) {
            if (pages[i] == wanted) {
                return i;
            }
        }
        return -1;
    }

    /** Returns whether a block may be put in now. */
    boolean hasRoomFor(long more) {
        return count < BLOCKS && more <= PAGES - pagesOfAll;
    }

    int pagesOfAll() {
        return pagesOfAll;
    }

    boolean isEmpty() {
        return count == 0;
    }

    long address(int index) {
        return addresses[index];
    }

    int pages(int index) {
        return pages[index];
    }

    /** Puts a block in; there is room. */
    void put(long address, int itsPages) {
        addresses[count] = address;
        pages[count] = itsPages;
        count++;
        pagesOfAll += itsPages;
    }

    /** Takes the block out; the others keep their order, the oldest first. */
    void remove(int index) {
        pagesOfAll -= pages[index];
        count--;
        System.arraycopy(addresses, index + 1, addresses, index, count - index);
        System.arraycopy(pages, index + 1, pages, index, count - index);
    }

    void forget() {
        count = 0;
        pagesOfAll = 0;
    }
}
