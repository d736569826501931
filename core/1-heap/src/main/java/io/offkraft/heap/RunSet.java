// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

/**
 * The runs of pages that a heap holds, by their addresses: so that what a heap below another one
 * has can be given back without a look at every page of the tree.
 *
 * <p>Open addressing with linear probing; a removal moves later entries up, so there are no
 * tombstones (Knuth, The Art of Computer Programming 3, 6.4, algorithm R). Guarded by the lock of
 * the tree.
 */
final class RunSet {
    private static final long[] NONE = {};
    private static final int FIRST_PLACES = 8;

    /** The golden ratio's fraction: spreads what differs in low bits only (Knuth 3, 6.4). */
    private static final long SPREAD = 0x9E3779B97F4A7C15L;

    private long[] places = NONE; // a power of two of them, 0 where there is none
    private int count;

    /** Adds an address, which is not 0 and not in the set. */
    void add(long address) {
        if (4 * (count + 1) > 3 * places.length) {
            grow();
        }
        int place = home(address);
        while (places[place] != 0) {
            assert places[place] != address : address;
            place = next(place);
        }
        places[place] = address;
        count++;
    }

    /** Takes an address out; returns whether it was there. */
    boolean remove(long address) {
        if (count == 0) {
            return false;
        }
        int place = home(address);
        while (places[place] != address) {
            if (places[place] == 0) {
                return false;
            }
            place = next(place);
        }
        count--;
        closeGap(place);
        return true;
    }

    private void closeGap(int from) {
        int gap = from;
        for (int place = next(gap); places[place] != 0; place = next(place)) {
            // It may move up if its home is not behind the gap.
            int mask = places.length - 1;
            if (((place - home(places[place])) & mask) >= ((place - gap) & mask)) {
                places[gap] = places[place];
                gap = place;
            }
        }
        places[gap] = 0;
    }

    int size() {
        return count;
    }

    /** Takes all addresses out; the others of what is returned are 0. */
    long[] takeAll() {
        long[] all = places;
        places = NONE;
        count = 0;
        return all;
    }

    private void grow() {
        long[] before = places;
        places = new long[Math.max(FIRST_PLACES, 2 * before.length)];
        count = 0;
        for (long address : before) {
            if (address != 0) {
                add(address);
            }
        }
    }

    private int home(long address) {
        return (int) ((address * SPREAD) >>> Integer.SIZE) & (places.length - 1);
    }

    private int next(int place) {
        return (place + 1) & (places.length - 1);
    }
}
