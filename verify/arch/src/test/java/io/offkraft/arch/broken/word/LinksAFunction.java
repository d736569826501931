// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch.broken.word;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Breaks the rule of linking: the layer that may reinterpret may still not call the system. */
final class LinksAFunction {
    private LinksAFunction() {}

    @SuppressWarnings("restricted") // to be caught at it
    static MethodHandle getpid() {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow("getpid"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT));
    }
}
