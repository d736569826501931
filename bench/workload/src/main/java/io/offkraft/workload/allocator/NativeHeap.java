// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload.allocator;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * An allocator of C, called with as little in between as Java can: critical downcalls, addresses as
 * numbers.
 *
 * <p>A critical downcall holds up the collector for as long as it runs, and malloc may map memory.
 * A peer is shown at its best, so that price is paid here; nothing outside the comparison does so.
 *
 * <p><b>Thread safety:</b> any thread.
 */
abstract class NativeHeap {
    private static final Linker LINKER = Linker.nativeLinker();

    private static final ValueLayout.OfLong ADDRESS = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfLong SIZE = ValueLayout.JAVA_LONG;

    abstract long malloc(long sizeBytes);

    abstract long calloc(long sizeBytes);

    abstract long realloc(long address, long sizeBytes);

    abstract long memalign(long alignment, long sizeBytes);

    abstract void free(long address);

    /** Returns the alignment of blocks of {@code sizeBytes} bytes for which none was asked. */
    long naturalAlignment(long sizeBytes) {
        return 2 * Long.BYTES;
    }

    /** Gives back what lies free, where the allocator is able to. */
    abstract void trim();

    /** Returns the C library's symbols. */
    static SymbolLookup library() {
        return LINKER.defaultLookup();
    }

    static MethodHandle malloc(SymbolLookup library, String name) {
        return function(library, name, FunctionDescriptor.of(ADDRESS, SIZE));
    }

    static MethodHandle calloc(SymbolLookup library, String name) {
        return function(library, name, FunctionDescriptor.of(ADDRESS, SIZE, SIZE));
    }

    static MethodHandle realloc(SymbolLookup library, String name) {
        return function(library, name, FunctionDescriptor.of(ADDRESS, ADDRESS, SIZE));
    }

    static MethodHandle memalign(SymbolLookup library, String name) {
        return function(library, name, FunctionDescriptor.of(ADDRESS, SIZE, SIZE));
    }

    static MethodHandle free(SymbolLookup library, String name) {
        return function(library, name, FunctionDescriptor.ofVoid(ADDRESS));
    }

    @SuppressWarnings("restricted") // the peers that are compared with; the prototypes are theirs
    static MethodHandle function(SymbolLookup library, String name, FunctionDescriptor type) {
        return LINKER.downcallHandle(
                library.findOrThrow(name), type, Linker.Option.critical(false));
    }

    /** A downcall with matching types throws nothing of its own. */
    static AssertionError unexpected(Throwable e) {
        return new AssertionError("downcall failed", e);
    }
}
