// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.offkraft.word.RawMemory;
import java.lang.invoke.MethodHandle;

/**
 * Fills memory with zeros by the C library's {@code memset}, which only stores, and as much at once
 * as the processor can; {@link RawMemory#zero(long, long)} must read zeros from somewhere to do so.
 *
 * <p><b>Thread safety:</b> any thread, each with memory of its own.
 *
 * <p><b>Progress:</b> the garbage collector waits for a step of {@value #STEP_BYTES} bytes at most,
 * some microseconds; or, where the kernel has yet to give the pages, as long as that takes it.
 *
 * <p><b>Memory effects:</b> those of plain stores.
 */
public final class ZeroFill {
    /** So much at once. */
    private static final long STEP_BYTES = 32 << 10;

    /** Up to here the JVM's own way, which it makes part of the caller. */
    private static final long SHORT_BYTES = 64;

    // The result, a pointer, is of no use.
    private static final MethodHandle MH$memset =
            NativeFunctions.critical("memset", JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG);

    private ZeroFill() {}

    /**
     * Sets {@code bytes} bytes from {@code address} on to zero. The memory is the caller's and
     * stays mapped until this returns; nothing checks that.
     */
    public static void zero(long address, long bytes) {
        if (bytes <= SHORT_BYTES) {
            RawMemory.zero(address, bytes);
            return;
        }
        long end = address + bytes;
        for (long next = address; next < end; next += STEP_BYTES) {
            zeroStep(next, Math.min(STEP_BYTES, end - next));
        }
    }

    private static void zeroStep(long address, long bytes) {
        try {
            long _ = (long) MH$memset.invokeExact(address, 0, bytes);
        } catch (Throwable thrown) {
            throw NativeFunctions.unexpected(thrown);
        }
    }
}
