// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.Alignment;
import io.offkraft.word.SchedulePoint;
import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Memory that is handed out upwards and never given back but as a whole: for what lives as long as
 * its program, or ends all at once. (After Unikraft's {@code ukallocregion}; what Hanson, 1990,
 * calls an arena.)
 *
 * <p>It hands out {@code [address, address + bytes)} to its last byte, and nothing else. All it
 * knows is one word, outside of the memory, which is the caller's: it must be there as long as what
 * was handed out is used, and the region gives none of it back.
 *
 * <p>An address is a {@code long}; 0 is NULL and means that too little is left.
 *
 * <p><b>Thread safety:</b> every method, from any platform or virtual thread; {@link #reset} as it
 * says.
 *
 * <p><b>Progress:</b> lock-free: a thread repeats its compare-and-set only if another thread's has
 * succeeded. Nothing is allocated after construction. With {@code offkraft.smp=false} it is the
 * same: there is no lock to leave out.
 *
 * <p><b>Memory effects:</b> what a thread did before {@link #reset} is visible to whoever gets
 * memory after it. What is in the memory that is handed out is whatever was there.
 *
 * <p><b>Failure:</b> too little left: 0, and nothing has changed, so that a smaller request may
 * succeed.
 */
public final class BumpRegion {
    private static final VarHandle NEXT;

    static {
        try {
            NEXT = MethodHandles.lookup().findVarHandle(BumpRegion.class, "next", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final long address;
    private final long end;

    /** Where the rest begins: in [address, end]. */
    @SuppressWarnings("FieldMayBeFinal") // accessed through NEXT only
    private long next;

    private BumpRegion(long address, long bytes) {
        this.address = address;
        end = address + bytes;
        next = address;
    }

    /**
     * Returns a region over {@code [address, address + bytes)}, of which nothing is handed out yet.
     *
     * @param address 1 or more
     * @param bytes 0 or more; the end is at most 2^63 - 1
     * @throws IllegalArgumentException if one of them is not in its range
     */
    public static BumpRegion over(long address, long bytes) {
        if (address < 1) {
            throw new IllegalArgumentException("the address must be 1 or more: " + address);
        }
        if (bytes < 0 || bytes > Long.MAX_VALUE - address) {
            throw new IllegalArgumentException(
                    "the bytes from 0x%x on must be in [0, %d]: %d"
                            .formatted(address, Long.MAX_VALUE - address, bytes));
        }
        return new BumpRegion(address, bytes);
    }

    /**
     * Hands out {@code bytes} bytes, at the lowest multiple of {@code alignment} that is left; what
     * is skipped for it is lost.
     *
     * @param bytes how many; 0 is taken as 1, so that each has an address of its own, and a
     *     negative number as unsigned, which no memory can hold
     * @return their address, or 0 if too little is left
     * @throws BadAlignmentException if {@code alignment} is not a power of two
     */
    public long allocate(long bytes, long alignment) {
        if (alignment < 0 || !Alignment.isPowerOfTwo(alignment)) {
            throw new BadAlignmentException(alignment);
        }
        long wanted = bytes == 0 ? 1 : bytes;
        while (true) {
            SchedulePoint.reach();
            long seen = (long) NEXT.getOpaque(this); // opaque: the compare-and-set decides
            long skipped = -seen & (alignment - 1);
            long left = end - seen;
            // Nothing here can overflow: both differences are of what lies in the region.
            if (skipped > left || Long.compareUnsigned(wanted, left - skipped) > 0) {
                return 0;
            }
            long begin = seen + skipped;
            SchedulePoint.reach();
            SharedAtomics.count();
            // Of those that saw the same rest one gets it; acquires what a reset has released. That
            // the word was another meanwhile, and is this again after a reset, does not matter: it
            // is all there is to know.
            if (NEXT.weakCompareAndSet(this, seen, begin + wanted)) {
                return begin;
            }
        }
    }

    /**
     * Returns how many bytes are left: so many can be handed out with alignment 1, at the moment of
     * the call.
     */
    public long remaining() {
        return end - (long) NEXT.getOpaque(this); // opaque: a moment's figure, orders nothing
    }

    /** Returns where the memory begins. */
    public long address() {
        return address;
    }

    /** Returns how many bytes the region has, handed out or not. */
    public long bytes() {
        return end - address;
    }

    /**
     * Takes everything back that was handed out: it must not be reached any more, and whoever used
     * it has been done with it before, in the order that the caller has made. Other threads may
     * allocate meanwhile; what they get is from before or after, and the caller cannot tell which:
     * so it is seldom of use to let them.
     */
    public void reset() {
        SchedulePoint.reach();
        NEXT.setRelease(this, address); // pairs with the compare-and-set of who allocates next
    }

    @Override
    public String toString() {
        return "BumpRegion[%d of %d bytes left]".formatted(remaining(), bytes());
    }
}
