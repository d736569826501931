// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

import java.lang.invoke.VarHandle;

/**
 * One thread's part in a workload: its random numbers, its blocks, what it has done.
 *
 * <p>Blocks are known by number. Those from {@link #first()} on are this member's to begin with; to
 * hand one over is to tell another member its number.
 *
 * <p><b>Thread safety:</b> one thread at a time.
 */
final class Member extends Padding {
    private static final long GOLDEN = 0x9e3779b97f4a7c15L;
    private static final int SPINS = 100;

    private final Stage stage;
    private final Owners owners;
    private final int index;
    private final int first;
    private long random;
    private long word;
    private long operations;

    Member(Stage stage, Owners owners, int index, int first, long seed) {
        this.stage = stage;
        this.owners = owners;
        this.index = index;
        this.first = first;
        // The splitter of splitmix64 (Steele, Lea and Flood 2014); xorshift must not start at 0.
        long mixed = (seed + (index + 1) * GOLDEN) * 0xbf58476d1ce4e5b9L;
        this.random = (mixed ^ (mixed >>> 31)) | 1;
        this.word = (long) (index + 1) << 40;
    }

    int index() {
        return index;
    }

    /** Returns the number of this member's first block. */
    int first() {
        return first;
    }

    /** Allocates a block of at least 8 bytes, and writes its owner's word into it. */
    void allocate(int slot, int sizeBytes) {
        owners.allocate(slot, sizeBytes, ++word);
        operations++;
    }

    /** Frees a block, whose owner's word must be there; returns its size. */
    int free(int slot) {
        return owners.free(slot);
    }

    boolean isLive(int slot) {
        return owners.isLive(slot);
    }

    /** Notes blocks that others allocated and freed on this member's account. */
    void count(int blocks) {
        operations += blocks;
    }

    /** Frees what is live from {@code from} on. */
    void freeAll(int from, int count) {
        for (int slot = from; slot < from + count; slot++) {
            if (owners.isLive(slot)) {
                owners.free(slot);
            }
        }
    }

    /** Writes to the first word of a block again and again, and leaves it as it was. */
    void rewrite(int slot, int times) {
        long was = owners.word(slot);
        for (int time = 0; time < times; time++) {
            owners.storeFirst(slot, was + time);
            VarHandle.releaseFence(); // no instruction on x86; keeps the compiler from leaving it
            // out
        }
        owners.storeFirst(slot, was);
    }

    /** Steps the generator (Marsaglia's xorshift, 2003). */
    long next() {
        long next = random;
        next ^= next << 13;
        next ^= next >>> 7;
        next ^= next << 17;
        random = next;
        return next;
    }

    /** Returns a number in [0, {@code bound}). */
    int below(int bound) {
        // The product's upper half, as in Lemire 2019, without what takes the last bias out.
        return (int) (((next() >>> 32) * bound) >>> 32);
    }

    /** Returns a number in [{@code from}, {@code to}]. */
    int between(int from, int to) {
        return from + below(to - from + 1);
    }

    /** Returns a number in [0, 1). */
    double fraction() {
        return (next() >>> 11) * 0x1p-53;
    }

    /** Returns true so many times out of a hundred. */
    boolean chance(int percent) {
        return below(100) < percent;
    }

    long operations() {
        return operations;
    }

    /**
     * Waits a moment for another member.
     *
     * @param spins how often it was asked for before
     * @throws Stage.Stopped if another member has failed
     */
    @SuppressWarnings("ThreadPriorityCheck") // there may be more members than CPUs
    void pause(int spins) {
        stage.checkRunning();
        if (spins < SPINS) {
            Thread.onSpinWait();
        } else {
            Thread.yield();
        }
    }
}
