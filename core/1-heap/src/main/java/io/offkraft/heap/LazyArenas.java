// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import org.jspecify.annotations.Nullable;

/** The arenas of a heap, made when they are first asked for: many a heap has none. */
final class LazyArenas {
    private final Heap heap;
    private final long limitBytes;
    private final boolean ownerOnly;

    private volatile @Nullable HeapArenas arenas; // written under the monitor
    private boolean forbidden; // guarded by the monitor

    LazyArenas(Heap heap, long limitBytes, boolean ownerOnly) {
        this.heap = heap;
        this.limitBytes = limitBytes;
        this.ownerOnly = ownerOnly;
    }

    HeapArenas get() {
        HeapArenas made = arenas;
        return made != null ? made : make();
    }

    private synchronized HeapArenas make() {
        HeapArenas made = arenas;
        if (made == null) {
            Heap.checkOpen(forbidden);
            made = new HeapArenas(heap, limitBytes, ownerOnly);
            arenas = made;
        }
        return made;
    }

    /** As {@link HeapArenas#recycle()}. */
    void recycle() {
        HeapArenas made = arenas;
        if (made != null) {
            made.recycle();
        }
    }

    /** As {@link HeapArenas#forbid}: none are made from now on. */
    synchronized void forbid() {
        if (arenas != null) {
            arenas.forbid();
        }
        forbidden = true;
    }

    /** As {@link HeapArenas#allow}. */
    synchronized void allow() {
        forbidden = false;
        if (arenas != null) {
            arenas.allow();
        }
    }

    /** As {@link HeapArenas#endScopes}. */
    void endScopes() {
        HeapArenas made = arenas;
        if (made != null) {
            made.endScopes();
        }
    }
}
