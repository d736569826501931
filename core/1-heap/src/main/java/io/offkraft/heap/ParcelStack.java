// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.word.SchedulePoint;
import io.offkraft.word.SharedAtomics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Parcels that one thread puts down and another one takes up.
 *
 * <p>A stack of Treiber's that is only ever emptied as a whole, so no parcel can be met again
 * behind one's back.
 *
 * <p><b>Thread safety:</b> any thread, without a guard.
 */
final class ParcelStack extends OwnCacheLine {
    private static final VarHandle FIRST;

    static {
        try {
            FIRST = MethodHandles.lookup().findVarHandle(ParcelStack.class, "first", Parcel.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private volatile @Nullable Parcel first;

    boolean isEmpty() {
        return first == null;
    }

    /** Releases what the parcel holds, and its link; acquired by {@link #takeAllOrNull}. */
    void push(Parcel parcel) {
        Parcel below;
        do {
            SchedulePoint.reach();
            below = first;
            parcel.setBelow(below);
            SchedulePoint.reach();
            SharedAtomics.count();
        } while (!FIRST.compareAndSet(this, below, parcel));
    }

    /** Takes all: returns the one put last, which the others follow; or null. */
    @Nullable Parcel takeAllOrNull() {
        if (first == null) {
            return null;
        }
        SchedulePoint.reach();
        SharedAtomics.count();
        return (@Nullable Parcel) FIRST.getAndSet(this, (Parcel) null);
    }
}
