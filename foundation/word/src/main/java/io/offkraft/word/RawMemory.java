// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.word;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.function.Consumer;

/**
 * Memory at absolute addresses, each access with its memory order in the name.
 *
 * <p>An address is a {@code long}; 0 is NULL. One static final segment covers the whole address
 * space, so the compiler sees a constant base and a bounds check that it can fold: an access costs
 * what a field access costs. Multi-byte accesses are in native byte order. Those with an order must
 * be naturally aligned; plain ones should be, but are not checked: that would be an instruction
 * more.
 *
 * <p><b>Failure:</b> there is no checking, and of the highest byte of an address nothing is seen by
 * plain accesses. Reading or writing an address without readable or writable memory behind it ends
 * the process, as in C. Callers prove that the memory is committed.
 *
 * <p><b>Memory effects:</b> {@code Plain} orders nothing; {@code Acquire} orders later accesses
 * after the load; {@code Release} orders earlier accesses before the store; compare-and-set and
 * get-and-add are both.
 */
public final class RawMemory {
    @SuppressWarnings(
            "restricted") // the one place where addresses become memory; see the class comment
    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    /**
     * What no address goes beyond, on any processor. To the compiler, which sees that it lies in
     * the segment, an instruction instead of a comparison and a branch; but with the accesses that
     * have an order it makes worse code of it.
     */
    private static final long ADDRESS_BITS = (1L << 56) - 1;

    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();
    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();

    /** Up to here a fill is stores in line. */
    private static final long ZERO_BY_FILL_MAX = 64;

    /** As much as stays in the nearest cache beside what is zeroed. */
    private static final long ZEROS_BYTES = 4096;

    private static final MemorySegment ZEROS =
            Arena.global().allocate(ZEROS_BYTES, Long.BYTES).asReadOnly();

    private RawMemory() {}

    /**
     * Returns the memory of a range as a segment that is alive as long as {@code arena} is.
     *
     * @param address of memory that is there until the arena is closed
     */
    @SuppressWarnings("restricted") // see the class comment
    public static MemorySegment segment(long address, long bytes, Arena arena) {
        return MemorySegment.ofAddress(address).reinterpret(bytes, arena, null);
    }

    /**
     * The same, and has {@code action} called when the scope of {@code arena} ends, which keeps it
     * reachable.
     */
    @SuppressWarnings("restricted") // see the class comment
    public static MemorySegment segment(
            long address, long bytes, Arena arena, Consumer<MemorySegment> action) {
        return MemorySegment.ofAddress(address).reinterpret(bytes, arena, action);
    }

    /** Has {@code action} called when the scope of {@code arena} ends, which keeps it reachable. */
    @SuppressWarnings("restricted") // see the class comment
    public static void whenClosed(Arena arena, Consumer<MemorySegment> action) {
        MemorySegment.NULL.reinterpret(arena, action);
    }

    /** Returns the byte at {@code address}. */
    public static byte loadBytePlain(long address) {
        return ALL.get(ValueLayout.JAVA_BYTE, address & ADDRESS_BITS);
    }

    /** Stores the byte at {@code address}. */
    public static void storeBytePlain(long address, byte value) {
        ALL.set(ValueLayout.JAVA_BYTE, address & ADDRESS_BITS, value);
    }

    /** Returns the 16-bit word at {@code address}. */
    public static short loadShortPlain(long address) {
        return ALL.get(ValueLayout.JAVA_SHORT_UNALIGNED, address & ADDRESS_BITS);
    }

    /** Stores the 16-bit word at {@code address}. */
    public static void storeShortPlain(long address, short value) {
        ALL.set(ValueLayout.JAVA_SHORT_UNALIGNED, address & ADDRESS_BITS, value);
    }

    /** Returns the 32-bit word at {@code address}. */
    public static int loadIntPlain(long address) {
        return ALL.get(ValueLayout.JAVA_INT_UNALIGNED, address & ADDRESS_BITS);
    }

    /** Stores the 32-bit word at {@code address}. */
    public static void storeIntPlain(long address, int value) {
        ALL.set(ValueLayout.JAVA_INT_UNALIGNED, address & ADDRESS_BITS, value);
    }

    /** Returns the 32-bit word at {@code address}, with acquire order. */
    public static int loadIntAcquire(long address) {
        SchedulePoint.reach();
        return (int) INT.getAcquire(ALL, address);
    }

    /** Stores the 32-bit word at {@code address}, with release order. */
    public static void storeIntRelease(long address, int value) {
        SchedulePoint.reach();
        INT.setRelease(ALL, address, value);
    }

    /** Returns the 64-bit word at {@code address}. */
    public static long loadLongPlain(long address) {
        return ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, address & ADDRESS_BITS);
    }

    /** Stores the 64-bit word at {@code address}. */
    public static void storeLongPlain(long address, long value) {
        ALL.set(ValueLayout.JAVA_LONG_UNALIGNED, address & ADDRESS_BITS, value);
    }

    /** Returns the 64-bit word at {@code address}, with acquire order. */
    public static long loadLongAcquire(long address) {
        SchedulePoint.reach();
        return (long) LONG.getAcquire(ALL, address);
    }

    /** Stores the 64-bit word at {@code address}, with release order. */
    public static void storeLongRelease(long address, long value) {
        SchedulePoint.reach();
        LONG.setRelease(ALL, address, value);
    }

    /**
     * Sets the 64-bit word at {@code address} to {@code value} if it is {@code expected}.
     *
     * @return whether it was
     */
    public static boolean casLongAcqRel(long address, long expected, long value) {
        SchedulePoint.reach();
        SharedAtomics.count();
        return LONG.compareAndSet(ALL, address, expected, value);
    }

    /**
     * Sets the 32-bit word at {@code address} to {@code value} if it is {@code expected}.
     *
     * @return whether it was
     */
    public static boolean casIntAcqRel(long address, int expected, int value) {
        SchedulePoint.reach();
        SharedAtomics.count();
        return INT.compareAndSet(ALL, address, expected, value);
    }

    /** Adds {@code delta} to the 64-bit word at {@code address} and returns what it was before. */
    public static long getAndAddLongAcqRel(long address, long delta) {
        SchedulePoint.reach();
        SharedAtomics.count();
        return (long) LONG.getAndAdd(ALL, address, delta);
    }

    /** Sets {@code bytes} bytes from {@code address} on to {@code value}. */
    public static void fill(long address, long bytes, byte value) {
        ALL.asSlice(address, bytes).fill(value);
    }

    /** Sets {@code bytes} bytes from {@code address} on to zero. */
    public static void zero(long address, long bytes) {
        zero(ALL.asSlice(address, bytes));
    }

    /** Sets all bytes of a segment to zero, and returns it. */
    public static MemorySegment zero(MemorySegment segment) {
        long bytes = segment.byteSize();
        if (bytes <= ZERO_BY_FILL_MAX) {
            return segment.fill((byte) 0);
        }
        // The JVM copies with the widest stores there are; it fills by words.
        long next = 0;
        for (; next < bytes - ZEROS_BYTES; next += ZEROS_BYTES) {
            MemorySegment.copy(ZEROS, 0, segment, next, ZEROS_BYTES);
        }
        MemorySegment.copy(ZEROS, 0, segment, next, bytes - next);
        return segment;
    }

    /** Copies {@code bytes} bytes; the ranges may overlap. */
    public static void copy(long sourceAddress, long targetAddress, long bytes) {
        MemorySegment.copy(ALL, sourceAddress, ALL, targetAddress, bytes);
    }

    /**
     * Returns a view of {@code [address, address + bytes)} for calls that want a segment.
     *
     * <p>The view is bounded in space but not in time: it does not know when the memory goes away.
     */
    public static MemorySegment segment(long address, long bytes) {
        return ALL.asSlice(address, bytes);
    }
}
