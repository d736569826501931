// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
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

    private static final MethodHandle MAKE = find();

    private static final MethodHandle SET_ID = findId();

    private ThreadMaker() {}

    /**
     * Returns a new thread, not started.
     *
     * @param number the same number gives the same thread id, so that what goes by the id of a
     *     thread is the same in each schedule
     */
    static Thread make(Executor scheduler, int number, String name, Runnable body) {
        try {
            Thread thread = (Thread) MAKE.invokeExact(scheduler, name, 0, body);
            SET_ID.invokeExact(thread, FIRST_ID + number);
            return thread;
        } catch (Throwable e) {
            throw new IllegalStateException("a thread cannot be made", e);
        }
    }

    private static MethodHandle find() {
        MethodType type =
                MethodType.methodType(
                        Thread.class, Executor.class, String.class, int.class, Runnable.class);
        try {
            Method maker = makerOrNull();
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            if (maker != null) {
                maker.setAccessible(true);
                return lookup.unreflect(maker).asType(type);
            }
            var constructor =
                    Class.forName("java.lang.VirtualThread")
                            .getDeclaredConstructor(
                                    Executor.class, String.class, int.class, Runnable.class);
            constructor.setAccessible(true);
            return lookup.unreflectConstructor(constructor).asType(type);
        } catch (ReflectiveOperationException | RuntimeException e) {
            throw unusable(e);
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

    private static MethodHandle findId() {
        try {
            Field id = Thread.class.getDeclaredField("tid");
            id.setAccessible(true);
            return MethodHandles.lookup().unreflectSetter(id);
        } catch (ReflectiveOperationException | RuntimeException e) {
            throw unusable(e);
        }
    }

    private static UnsupportedOperationException unusable(Exception cause) {
        return new UnsupportedOperationException(
                "the explorer cannot run threads on a scheduler of its own: JDK "
                        + Runtime.version()
                        + " has neither java.lang.ThreadBuilders.newVirtualThread nor the constructor"
                        + " of VirtualThread that takes one, or --add-opens"
                        + " java.base/java.lang=ALL-UNNAMED is missing",
                cause);
    }
}
