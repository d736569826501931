// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/** Links functions of the C library, in the few forms that this package calls them in. */
final class NativeFunctions {
    /** Where a function linked by {@link #withErrno} leaves errno: its first argument. */
    static final StructLayout CAPTURE = Linker.Option.captureStateLayout();

    private static final VarHandle ERRNO =
            CAPTURE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private NativeFunctions() {}

    /**
     * Links a function that may block or take long, and whose errno is captured before anything can
     * disturb it.
     */
    static MethodHandle withErrno(String name, ValueLayout result, ValueLayout... arguments) {
        return link(
                name,
                FunctionDescriptor.of(result, arguments),
                Linker.Option.captureCallState("errno"));
    }

    /** Links a function that may block or take long, and whose errno nobody asks for. */
    static MethodHandle plain(String name, ValueLayout result, ValueLayout... arguments) {
        return link(name, FunctionDescriptor.of(result, arguments));
    }

    /**
     * Like {@link #withErrno}, for a function whose arguments from {@code firstVariadic} on are
     * variadic.
     */
    static MethodHandle variadic(
            String name, int firstVariadic, ValueLayout result, ValueLayout... arguments) {
        return link(
                name,
                FunctionDescriptor.of(result, arguments),
                Linker.Option.captureCallState("errno"),
                Linker.Option.firstVariadicArg(firstVariadic));
    }

    /** Links a function that takes nanoseconds: the garbage collector waits while it runs. */
    static MethodHandle critical(String name, ValueLayout result, ValueLayout... arguments) {
        return link(name, FunctionDescriptor.of(result, arguments), Linker.Option.critical(false));
    }

    /** Returns the errno that a call left. */
    static int errno(MemorySegment capture) {
        return (int) ERRNO.get(capture, 0L);
    }

    /**
     * Returns what to throw for what came out of a method handle, which declares {@code Throwable}:
     * either an exception of ours, or a fault of the virtual machine's.
     */
    static RuntimeException unexpected(Throwable thrown) {
        return switch (thrown) {
            case RuntimeException ours -> ours;
            case Error fatal -> throw fatal;
            default -> new IllegalStateException(thrown);
        };
    }

    @SuppressWarnings("restricted") // this package is the one that calls the operating system
    private static MethodHandle link(
            String name, FunctionDescriptor type, Linker.Option... options) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type, options);
    }
}
