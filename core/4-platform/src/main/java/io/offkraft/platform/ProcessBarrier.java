// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandle;

/**
 * A full memory barrier of every thread of the process, made by one of them: membarrier(2), private
 * and expedited.
 *
 * <p>It lets two sides that would need a full barrier each divide the price unequally: who comes
 * often does without, and who comes seldom pays half a microsecond for both. Between what a thread
 * stores and what it loads afterwards, there is either this barrier, or the load comes after it, or
 * the store came before. The thread that does without must still keep the compiler from exchanging
 * the two.
 *
 * <p><b>Thread safety:</b> any thread.
 *
 * <p><b>Memory effects:</b> when {@link #await} returns, each thread that was running has passed a
 * full barrier since the call; those that were not pass one before they run.
 */
public final class ProcessBarrier {
    private static final long NUMBER_X86 = 324;
    private static final long NUMBER_AARCH64 = 283;
    private static final long PRIVATE_EXPEDITED = 1L << 3;
    private static final long REGISTER_PRIVATE_EXPEDITED = 1L << 4;

    private static final MethodHandle MH$syscall =
            NativeFunctions.plain("syscall", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    /** The kernel wants to know beforehand; a sandbox may refuse. */
    private static final boolean AVAILABLE = call(REGISTER_PRIVATE_EXPEDITED) == 0;

    private ProcessBarrier() {}

    /** Returns whether {@link #await} can be called: Linux 4.14, and no sandbox that refuses. */
    public static boolean isAvailable() {
        return AVAILABLE;
    }

    /**
     * Returns when all threads of the process have passed a full barrier.
     *
     * @throws IllegalStateException if it is not available
     */
    public static void await() {
        SharedAtomics.count();
        if (!AVAILABLE || call(PRIVATE_EXPEDITED) != 0) {
            throw new IllegalStateException("membarrier(PRIVATE_EXPEDITED) is not available");
        }
    }

    private static long call(long command) {
        long number = HostSystem.isX86() ? NUMBER_X86 : NUMBER_AARCH64;
        try {
            return (long) MH$syscall.invokeExact(number, command, 0L, 0L);
        } catch (Throwable thrown) {
            throw NativeFunctions.unexpected(thrown);
        }
    }
}
