// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Method;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Makes virtual threads that a given scheduler runs. The JDK keeps that to itself: this is the one
 * place that knows where it is.
 */
final class ThreadMaker {
    /** Of explored threads: no other thread has a number like this. */
    private static final long FIRST_ID = 1L << 40;

    private static final Access ACCESS = find();

    /** What was found in this JDK: all of it, or why not. */
    private record Access(
            @Nullable MethodHandle make,
            @Nullable MethodHandle setId,
            @Nullable Exception whyNot) {}

    private ThreadMaker() {}

    /**
     * Returns a new thread, not started.
     *
     * @param number the same number gives the same thread id, so that what goes by the id of a
     *     thread is the same in each schedule
     * @throws UnsupportedOperationException if this JDK does not let one be made
     */
    static Thread make(Executor scheduler, int number, String name, Runnable body) {
        MethodHandle make = ACCESS.make;
        MethodHandle setId = ACCESS.setId;
        if (make == null || setId == null) {
            throw unusable(ACCESS.whyNot);
        }
        try {
            Thread thread = (Thread) make.invokeExact(scheduler, name, 0, body);
            setId.invokeExact(thread, FIRST_ID + number);
            return thread;
        } catch (Throwable e) {
            throw new IllegalStateException("a thread cannot be made", e);
        }
    }

    private static Access find() {
        MethodType type =
                MethodType.methodType(
                        Thread.class, Executor.class, String.class, int.class, Runnable.class);
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            Field id = Thread.class.getDeclaredField("tid");
            id.setAccessible(true);
            MethodHandle setId = lookup.unreflectSetter(id);
            Method maker = makerOrNull();
            if (maker != null) {
                maker.setAccessible(true);
                return new Access(lookup.unreflect(maker).asType(type), setId, null);
            }
            Constructor<?> constructor =
                    Class.forName("java.lang.VirtualThread")
                            .getDeclaredConstructor(
                                    Executor.class, String.class, int.class, Runnable.class);
            constructor.setAccessible(true);
            return new Access(lookup.unreflectConstructor(constructor).asType(type), setId, null);
        } catch (ReflectiveOperationException | RuntimeException e) {
            return new Access(null, null, e);
        }
    }

    private static @Nullable Method makerOrNull() throws ClassNotFoundException {
        try {
            return Class.forName("java.lang.ThreadBuilders")
                    .getDeclaredMethod(
                            "newVirtualThread",
                            Executor.class,
                            String.class,
                            int.class,
                            Runnable.class);
        } catch (NoSuchMethodException _) {
            return null; // then the constructor
        }
    }

    private static UnsupportedOperationException unusable(@Nullable Exception cause) {
        return new UnsupportedOperationException(
                "the explorer cannot run threads on a scheduler of its own: "
                        + (cause instanceof InaccessibleObjectException
                                ? "run with --add-opens java.base/java.lang=ALL-UNNAMED"
                                : "JDK " + Runtime.version() + " does not let it (" + cause + ")"),
                cause);
    }
}
