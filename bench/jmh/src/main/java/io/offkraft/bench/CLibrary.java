// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The C library's allocator through critical downcalls: the least that Java can put in between.
 *
 * <p>A critical downcall holds up the collector, and malloc may map memory: a price that is right
 * for a peer at its best and nowhere else.
 */
final class CLibrary {
    private static final Linker LINKER = Linker.nativeLinker();

    private static final MethodHandle MH$malloc =
            link("malloc", FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    private static final MethodHandle MH$free =
            link("free", FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));

    private CLibrary() {}

    static long malloc(long bytes) throws Throwable {
        return (long) MH$malloc.invokeExact(bytes);
    }

    static void free(long address) throws Throwable {
        MH$free.invokeExact(address);
    }

    @SuppressWarnings("restricted") // the peer; its prototypes are the C library's
    private static MethodHandle link(String name, FunctionDescriptor type) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name), type, Linker.Option.critical(false));
    }
}
