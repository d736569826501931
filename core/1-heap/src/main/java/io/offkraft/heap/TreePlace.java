// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where a heap is in its tree: its name, what is above it, and what right below. A heap that is not
 * closed is known above it, reachable or not.
 *
 * <p><b>Thread safety:</b> any thread; it takes the lock of the tree.
 */
final class TreePlace implements Account.Owner {
    private final HeapTree tree;
    private final Heap heap;
    private final @Nullable Heap parent;
    private final String name;
    private final Set<Heap> heaps = new LinkedHashSet<>(0); // under the lock, as the next
    private boolean closing;

    TreePlace(HeapTree tree, Heap heap, @Nullable Heap parent, String name) {
        this.tree = tree;
        this.heap = heap;
        this.parent = parent;
        this.name = name;
    }

    @Override
    public String path() {
        return parent == null ? name : parent.place().path() + "/" + name;
    }

    boolean isAboveAll() {
        return parent == null;
    }

    /** Calls with the heap and all below it. */
    void forEach(Consumer<Heap> action) {
        action.accept(heap);
        for (Heap child : children()) {
            child.place().forEach(action);
        }
    }

    @Override
    public boolean reclaim() {
        boolean[] any = new boolean[1];
        forEach(one -> any[0] |= one.upkeep().reclaim());
        return any[0];
    }

    /** Returns the heaps right below, as they are now. */
    List<Heap> children() {
        tree.lock();
        try {
            return heaps.isEmpty() ? List.of() : List.copyOf(heaps);
        } finally {
            tree.unlock();
        }
    }

    /** Takes a new heap in, unless a limit refuses what is to be reserved; or until it does not. */
    void adopt(Heap child, long reservedPages) {
        HeldPages itsPages = child.pages();
        for (int tries = 1; ; tries++) {
            long seen = tree.returns();
            Refusal refusal = tryAdopt(child, itsPages.account(), reservedPages);
            if (refusal == null) {
                return;
            }
            if (!itsPages.mayTryAgain(refusal.by(), reservedPages, tries, seen)) {
                throw refusal.exception(reservedPages);
            }
        }
    }

    private @Nullable Refusal tryAdopt(Heap child, Account account, long reservedPages) {
        tree.lock();
        try {
            Heap.checkOpen(closing);
            Account refuser = account.open(reservedPages);
            if (refuser != null) {
                return new Refusal(refuser, refuser.chargedPages());
            }
            heaps.add(child);
            return null;
        } finally {
            tree.unlock();
        }
    }

    /** Who refused, and what it was charged then. */
    private record Refusal(Account by, long chargedPages) {
        ReservationRefusedException exception(long reservedPages) {
            return new ReservationRefusedException(
                    HeldPages.bytes(reservedPages),
                    by.owner().path(),
                    HeldPages.bytes(by.limitPages()),
                    HeldPages.bytes(chargedPages));
        }
    }

    /** Lets none be made any more; returns those there are. */
    List<Heap> beginClosing() {
        setClosing(true);
        return children();
    }

    /** The heap is not closed after all. */
    void stayOpen() {
        setClosing(false);
    }

    private void setClosing(boolean now) {
        tree.lock();
        closing = now;
        tree.unlock();
    }

    /** The heap is closed: the one above forgets it. */
    void leave() {
        if (parent != null) {
            tree.lock();
            parent.place().heaps.remove(heap);
            tree.unlock();
        }
    }
}
