// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload.allocator;

import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * jemalloc. It has to be in the process from its start (LD_PRELOAD): it cannot be loaded later,
 * because it wants its thread-local memory at once.
 *
 * <p>The handles are constants, so that the compiler sees through them.
 */
final class Jemalloc extends NativeHeap {
    private static final SymbolLookup LIBRARY = PeerLibrary.JEMALLOC.lookup();

    private static final MethodHandle MH$malloc = malloc(LIBRARY, "malloc");
    private static final MethodHandle MH$calloc = calloc(LIBRARY, "calloc");
    private static final MethodHandle MH$realloc = realloc(LIBRARY, "realloc");
    private static final MethodHandle MH$memalign = memalign(LIBRARY, "memalign");
    private static final MethodHandle MH$free = free(LIBRARY, "free");

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

    /** Its own clock does that. */
    @Override
    void trim() {}
}
