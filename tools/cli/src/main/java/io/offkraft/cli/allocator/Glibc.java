// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.allocator;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The C library's allocator, called with as little in between as Java can: critical downcalls,
 * addresses as numbers.
 *
 * <p>A critical downcall holds up the collector for as long as it runs, and malloc may map memory.
 * A peer is shown at its best, so that price is paid here; nothing outside the comparison does so.
 */
final class Glibc {
    private static final Linker LINKER = Linker.nativeLinker();

    private static final ValueLayout.OfLong ADDRESS = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfLong SIZE = ValueLayout.JAVA_LONG;

    private static final MethodHandle MH$malloc =
            function("malloc", FunctionDescriptor.of(ADDRESS, SIZE));
    private static final MethodHandle MH$calloc =
            function("calloc", FunctionDescriptor.of(ADDRESS, SIZE, SIZE));
    private static final MethodHandle MH$realloc =
            function("realloc", FunctionDescriptor.of(ADDRESS, ADDRESS, SIZE));
    private static final MethodHandle MH$memalign =
            function("memalign", FunctionDescriptor.of(ADDRESS, SIZE, SIZE));
    private static final MethodHandle MH$free =
            function("free", FunctionDescriptor.ofVoid(ADDRESS));
    private static final MethodHandle MH$malloc_trim =
            function(
                    "malloc_trim",
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));

    private Glibc() {}

    static long malloc(long sizeBytes) {
        try {
            return (long) MH$malloc.invokeExact(sizeBytes);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long calloc(long sizeBytes) {
        try {
            return (long) MH$calloc.invokeExact(1L, sizeBytes);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long realloc(long address, long sizeBytes) {
        try {
            return (long) MH$realloc.invokeExact(address, sizeBytes);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long memalign(long alignment, long sizeBytes) {
        try {
            return (long) MH$memalign.invokeExact(alignment, sizeBytes);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static void free(long address) {
        try {
            MH$free.invokeExact(address);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Gives back to the kernel whatever whole pages the C library keeps free. */
    static void trim() {
        try {
            int unusedReleased = (int) MH$malloc_trim.invokeExact(0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @SuppressWarnings(
            "restricted") // the peer that is compared with; its prototypes are the C library's
    private static MethodHandle function(String name, FunctionDescriptor type) {
        MemorySegment symbol = LINKER.defaultLookup().findOrThrow(name);
        return LINKER.downcallHandle(symbol, type, Linker.Option.critical(false));
    }

    /** A downcall with matching types throws nothing of its own. */
    private static AssertionError unexpected(Throwable e) {
        return new AssertionError("downcall failed", e);
    }
}
