// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import io.offkraft.word.SharedAtomics;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Memory for the errno of one call at a time.
 *
 * <p>There are some, which are never given back to the system: an arena for every call takes longer
 * than all that the layers above do, and sometimes twice that, as the compiler may see or not that
 * its objects are not needed. Who finds all taken gets one that the garbage collector frees.
 *
 * <p><b>Thread safety:</b> any thread may take one; it is its own until it is closed.
 */
final class ErrnoSlot implements AutoCloseable {
    private static final int SLOTS = 64;
    private static final ErrnoSlot[] ALL = new ErrnoSlot[SLOTS];
    private static final VarHandle TAKEN;

    static {
        try {
            TAKEN = MethodHandles.lookup().findVarHandle(ErrnoSlot.class, "taken", boolean.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
        for (int i = 0; i < SLOTS; i++) {
            ALL[i] = new ErrnoSlot(Arena.global().allocate(NativeFunctions.CAPTURE));
        }
    }

    private final MemorySegment memory;

    @SuppressWarnings("unused") // through TAKEN
    private boolean taken;

    private ErrnoSlot(MemorySegment memory) {
        this.memory = memory;
    }

    /** Returns a slot that is nobody else's until it is closed. */
    static ErrnoSlot take() {
        int first = (int) Thread.currentThread().threadId();
        for (int i = 0; i < SLOTS; i++) {
            ErrnoSlot slot = ALL[(first + i) & (SLOTS - 1)];
            SharedAtomics.count();
            // Acquires, from close: two calls of different threads don't write at the same time.
            if (TAKEN.compareAndSet(slot, false, true)) {
                return slot;
            }
        }
        return new ErrnoSlot(Arena.ofAuto().allocate(NativeFunctions.CAPTURE));
    }

    /** Returns the memory, for the first argument of the call. */
    MemorySegment memory() {
        return memory;
    }

    @Override
    public void close() {
        TAKEN.setRelease(this, false);
    }
}
