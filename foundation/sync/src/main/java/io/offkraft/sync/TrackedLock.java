// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SharedAtomics;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What the validator knows of one lock. */
final class TrackedLock {
    /** The class of the lock, as a node of the graph of orders. */
    final LockOrder.Node node;

    /** Whether the lock keeps nobody out, so that the validator itself refuses a second thread. */
    final boolean empty;

    /** Whether a thread that reads may read again. */
    final boolean readersNest;

    /** Whether those who wait for it spin, so that its holder must not sleep. */
    final boolean spins;

    private final String kind;

    /** Those who hold it; of an empty lock, {@link #sole} instead. */
    private final Set<Thread> holders = ConcurrentHashMap.newKeySet();

    private final AtomicReference<@Nullable Thread> sole = new AtomicReference<>();

    TrackedLock(LockOrder.Node node, Object lock) {
        this.node = node;
        this.empty = lock == NoLock.INSTANCE || lock == NoSharedLock.INSTANCE;
        this.readersNest = lock instanceof BigReaderLock;
        this.spins = !(lock instanceof Mutex || lock instanceof BlockingSharedLock);
        this.kind = lock.getClass().getSimpleName();
    }

    LockClass lockClass() {
        return node.lockClass;
    }

    /** The calling thread holds the lock from now on. */
    void addHolder() {
        holders.add(Thread.currentThread());
    }

    /** The calling thread, which held it, is about to hold it no more. */
    void removeHolder() {
        if (empty) {
            sole.set(null); // volatile: pairs with the claim of the next thread
        } else {
            holders.remove(Thread.currentThread());
        }
    }

    /**
     * Makes the calling thread the only user of an empty lock.
     *
     * @return the thread that is that already, or {@code null}
     */
    @Nullable Thread claimSole() {
        Thread self = Thread.currentThread();
        SharedAtomics.count();
        // Full: of two threads exactly one sees null.
        Thread first = sole.compareAndExchange(null, self);
        return first == self ? null : first;
    }

    /** Returns a holder that has ended, if there is one. */
    @Nullable Thread deadHolderOrNull() {
        for (Thread holder : holders) {
            if (isLeftBehindBy(holder)) {
                return holder;
            }
        }
        return null;
    }

    /**
     * Returns whether {@code thread} has ended and holds the lock still. In this order: a thread
     * that was found among the holders may have released the lock since, and ended then.
     */
    boolean isLeftBehindBy(Thread thread) {
        return !thread.isAlive() && holders.contains(thread);
    }

    /** Returns the name of a holder, if there is one. */
    @Nullable String holderNameOrNull() {
        Thread only = sole.get();
        if (only != null) {
            return HeldLocks.nameOf(only);
        }
        for (Thread holder : holders) {
            return HeldLocks.nameOf(holder);
        }
        return null;
    }

    @Override
    public String toString() {
        return lockClass() + " (" + kind + ")";
    }
}
