// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload.allocator;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * mimalloc.
 *
 * <p>The handles are constants, so that the compiler sees through them.
 */
final class Mimalloc extends NativeHeap {
    private static final SymbolLookup LIBRARY = PeerLibrary.MIMALLOC.lookup();

    private static final MethodHandle MH$malloc = malloc(LIBRARY, "mi_malloc");
    private static final MethodHandle MH$calloc = calloc(LIBRARY, "mi_calloc");
    private static final MethodHandle MH$realloc = realloc(LIBRARY, "mi_realloc");
    private static final MethodHandle MH$memalign = memalign(LIBRARY, "mi_memalign");
    private static final MethodHandle MH$free = free(LIBRARY, "mi_free");
    private static final MethodHandle MH$mi_collect =
            function(LIBRARY, "mi_collect", FunctionDescriptor.ofVoid(ValueLayout.JAVA_BOOLEAN));

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

    /** What is too small for any type that wants 16 bytes need not be aligned to them. */
    @Override
    long naturalAlignment(long sizeBytes) {
        return sizeBytes < 2 * Long.BYTES ? Long.BYTES : 2 * Long.BYTES;
    }

    /** Gives back what it keeps free. */
    @Override
    void trim() {
        try {
            MH$mi_collect.invokeExact(true);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }
}
