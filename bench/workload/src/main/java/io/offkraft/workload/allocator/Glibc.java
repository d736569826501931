// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload.allocator;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The C library's allocator.
 *
 * <p>The handles are constants, so that the compiler sees through them.
 */
final class Glibc extends NativeHeap {
    private static final SymbolLookup LIBRARY = library();

    private static final MethodHandle MH$malloc = malloc(LIBRARY, "malloc");
    private static final MethodHandle MH$calloc = calloc(LIBRARY, "calloc");
    private static final MethodHandle MH$realloc = realloc(LIBRARY, "realloc");
    private static final MethodHandle MH$memalign = memalign(LIBRARY, "memalign");
    private static final MethodHandle MH$free = free(LIBRARY, "free");
    private static final MethodHandle MH$malloc_trim =
            function(
                    LIBRARY,
                    "malloc_trim",
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));

    @Override
    long malloc(long sizeBytes) {
        try {
            return (long) MH$malloc.invokeExact(sizeBytes);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    long calloc(long sizeBytes) {
        try {
            return (long) MH$calloc.invokeExact(1L, sizeBytes);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    long realloc(long address, long sizeBytes) {
        try {
            return (long) MH$realloc.invokeExact(address, sizeBytes);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    long memalign(long alignment, long sizeBytes) {
        try {
            return (long) MH$memalign.invokeExact(alignment, sizeBytes);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    void free(long address) {
        try {
            MH$free.invokeExact(address);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Gives back to the kernel whatever whole pages the C library keeps free. */
    @Override
    void trim() {
        try {
            int unusedReleased = (int) MH$malloc_trim.invokeExact(0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }
}
