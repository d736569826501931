// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import io.offkraft.sync.ExclusiveLock;
import io.offkraft.sync.LockClass;
import io.offkraft.sync.LockFault;
import io.offkraft.sync.LockUsageException;
import io.offkraft.sync.LockValidator;
import io.offkraft.sync.Locking;
import io.offkraft.sync.Synchronization;
import io.offkraft.sync.WaitQueue;
import io.offkraft.word.Alignment;
import io.offkraft.word.PageOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is where in a space, and which calls are at work on what.
 *
 * <p>A call that changes something claims its range, which waits until no other is at work there;
 * looks what is there; makes its system calls without a lock; and then says what is there now, and
 * gives its claim up, in one step. So calls on disjoint ranges run in parallel, and the areas of a
 * claimed range do not change under who claimed it.
 *
 * <p>Looking needs neither claim nor lock: the tree is a value behind a volatile field.
 */
final class Areas {
    private final ExclusiveLock lock;
    private final long start;
    private final long end;

    /** Written under the lock, with release; read with acquire: a tree is seen as it was made. */
    private volatile AreaTree tree = AreaTree.empty();

    /** Written under the lock. */
    private volatile boolean closed;

    /** Guarded by the lock. */
    private final RangeClaims claims = new RangeClaims();

    /** Where calls wait for the end of a claim; made by the first. Guarded by the lock. */
    private @Nullable WaitQueue waiters;

    /** Whether a call has found a claim in its way since the last wake-up. Guarded by the lock. */
    private boolean contended;

    /** Whether the validator wants to know of a second thread, as there must not be one. */
    private final boolean watchesUsers;

    /** If watched: the thread whose calls are under way. Guarded by the lock that is none. */
    private @Nullable Thread user;

    Areas(Synchronization synchronization, long start, long end) {
        lock = synchronization.newLock(LockClass.named("vmem"));
        watchesUsers = LockValidator.isOn() && synchronization.isForOneCpu();
        this.start = start;
        this.end = end;
    }

    /** Returns what is where at this moment. */
    AreaTree look(String call) {
        checkOpen(call, start, end - start);
        return tree;
    }

    /** Returns what is where, closed or not. */
    AreaTree tree() {
        return tree;
    }

    boolean isClosed() {
        return closed;
    }

    /** Claims a range, once no other call is at work on a part of it. */
    void claim(String call, long address, long bytes) {
        if (!tryClaim(call, address, bytes)) {
            waiters().await(() -> tryClaim(call, address, bytes));
        }
    }

    /** The lock of one CPU is not held between claim and end of the claim, so this looks there. */
    private void checkAlone(String call) {
        if (watchesUsers) {
            Thread self = Thread.currentThread();
            Thread other = user;
            if (!claims.isEmpty() && other != null && other != self) {
                throw new LockUsageException(
                        LockFault.SECOND_CPU,
                        "vmem (NoLock)",
                        other.getName(),
                        "%s calls %s while there is one CPU: leave offkraft.smp=false out"
                                .formatted(self.getName(), call));
            }
            user = self;
        }
    }

    private WaitQueue waiters() {
        Locking.lock(lock);
        try {
            WaitQueue queue = waiters;
            if (queue == null) {
                queue = new WaitQueue();
                waiters = queue;
            }
            return queue;
        } finally {
            Locking.unlock(lock);
        }
    }

    private boolean tryClaim(String call, long address, long bytes) {
        Locking.lock(lock);
        try {
            checkOpen(call, address, bytes);
            checkAlone(call);
            boolean claimed = claims.tryClaim(address, address + bytes);
            // Who waits asks again after it has queued, so an end of a claim is not missed.
            contended |= !claimed;
            return claimed;
        } finally {
            Locking.unlock(lock);
        }
    }

    /**
     * Claims the lowest aligned hole of {@code bytes} bytes that no call is at work on. If there
     * are only others, it waits for those calls. The caller may have claimed areas, but no holes,
     * or two such callers would wait for each other.
     *
     * @return its address
     */
    long claimHole(String call, long bytes, long alignment, long searchFrom) {
        long[] claimed = {tryClaimHole(call, bytes, alignment, searchFrom)};
        if (claimed[0] < 0) {
            waiters()
                    .await(() -> {
                        claimed[0] = tryClaimHole(call, bytes, alignment, searchFrom);
                        return claimed[0] >= 0;
                    });
        }
        return claimed[0];
    }

    /** Returns -1 if calls are at work on all holes that fit. */
    private long tryClaimHole(String call, long bytes, long alignment, long searchFrom) {
        Locking.lock(lock);
        try {
            checkOpen(call, 0, bytes);
            checkAlone(call);
            long from = Math.max(searchFrom, start);
            long address = unclaimedFitOrMinus1(from, end, bytes, alignment);
            if (address < 0 && from > start) {
                address = unclaimedFitOrMinus1(start, end, bytes, alignment);
            }
            if (address >= 0) {
                claims.tryClaim(address, address + bytes);
            } else if (tree.firstFitOrMinus1(start, end, bytes, alignment) < 0) {
                throw new VmemException(
                        call,
                        0,
                        bytes,
                        "no room at alignment %d, the largest hole has %d bytes: reserve more"
                                .formatted(alignment, tree.largestHole(start, end)));
            } else {
                contended = true;
            }
            return address;
        } finally {
            Locking.unlock(lock);
        }
    }

    private long unclaimedFitOrMinus1(long from, long to, long bytes, long alignment) {
        long fit = tree.firstFitOrMinus1(from, to, bytes, alignment);
        while (fit >= 0) {
            long busyUntil = claims.endOfOverlapOrMinus1(fit, fit + bytes);
            if (busyUntil < 0) {
                return fit;
            }
            fit = tree.firstFitOrMinus1(busyUntil, to, bytes, alignment);
        }
        return -1;
    }

    /** Gives up a claim; nothing has changed since the caller said what has. */
    void release(long address, long bytes) {
        finish(address, bytes, null);
    }

    /**
     * Gives up a claim, and says what is there now.
     *
     * @param changed an area in the claim; null if nothing has changed
     */
    void finish(long address, long bytes, @Nullable Area changed) {
        WaitQueue woken;
        Locking.lock(lock);
        try {
            if (changed != null) {
                tree = tree.with(changed);
            }
            woken = dropClaim(address, bytes);
        } finally {
            Locking.unlock(lock);
        }
        if (woken != null) {
            woken.wakeAll();
        }
    }

    /** Gives up a claim, all of which is a hole now. */
    void finishHole(long address, long bytes) {
        WaitQueue woken;
        Locking.lock(lock);
        try {
            tree = tree.without(address, address + bytes);
            woken = dropClaim(address, bytes);
        } finally {
            Locking.unlock(lock);
        }
        if (woken != null) {
            woken.wakeAll();
        }
    }

    /** Under the lock: returns whom to wake, or null. */
    private @Nullable WaitQueue dropClaim(long address, long bytes) {
        claims.release(address, address + bytes);
        boolean wake = contended;
        contended = false;
        return wake ? waiters : null;
    }

    /** Says that {@code area} is in the caller's claim now. The claim goes on. */
    void put(Area area) {
        Locking.lock(lock);
        try {
            tree = tree.with(area);
        } finally {
            Locking.unlock(lock);
        }
    }

    /** Says that all of {@code areas} are in the caller's claim now. The claim goes on. */
    void putAll(List<Area> areas) {
        Locking.lock(lock);
        try {
            AreaTree changed = tree;
            for (Area area : areas) {
                changed = changed.with(area);
            }
            tree = changed;
        } finally {
            Locking.unlock(lock);
        }
    }

    /** Says that a range of the caller's claim is a hole now. The claim goes on. */
    void remove(long address, long bytes) {
        Locking.lock(lock);
        try {
            tree = tree.without(address, address + bytes);
        } finally {
            Locking.unlock(lock);
        }
    }

    /** Says that one range of the caller's claims is a hole, and what is elsewhere in them. */
    void move(long address, long bytes, Area moved) {
        Locking.lock(lock);
        try {
            tree = tree.without(address, address + bytes).with(moved);
        } finally {
            Locking.unlock(lock);
        }
    }

    /** The caller has claimed the whole space, and unmapped it. */
    void close() {
        Locking.lock(lock);
        try {
            closed = true;
            tree = AreaTree.empty();
        } finally {
            Locking.unlock(lock);
        }
    }

    void validate() {
        tree.validate(start, end);
    }

    // What callers are asked for

    void checkRange(String call, long address, long bytes) {
        checkOpen(call, address, bytes);
        checkLength(call, address, bytes);
        if (!Alignment.isAligned(address, PageOrder.PAGE_BYTES)) {
            throw new VmemException(
                    call, address, bytes, "the address must be a multiple of a page");
        }
        if (!isInside(address, bytes)) {
            throw new VmemException(
                    call,
                    address,
                    bytes,
                    "must lie in the space [0x%x, 0x%x)".formatted(start, end));
        }
    }

    boolean isInside(long address, long bytes) {
        return address >= start && address < end && bytes <= end - address;
    }

    static void checkLength(String call, long address, long bytes) {
        if (bytes <= 0 || !Alignment.isAligned(bytes, PageOrder.PAGE_BYTES)) {
            throw new VmemException(
                    call, address, bytes, "the length must be a positive multiple of a page");
        }
    }

    void checkOpen(String call, long address, long bytes) {
        if (closed) {
            throw new VmemException(
                    call, address, bytes, "the space [0x%x, 0x%x) is closed".formatted(start, end));
        }
    }

    void checkNoHole(String call, long address, long bytes) {
        long hole = tree.firstHoleOrMinus1(address, address + bytes);
        if (hole >= 0) {
            throw new VmemException(
                    call, address, bytes, "there is a hole at 0x%x".formatted(hole));
        }
    }

    void checkHole(String call, long address, long bytes) {
        Area next = tree.atOrAfter(address);
        if (next == null || next.start() >= address + bytes) {
            return;
        }
        List<Area> clash = tree.within(address, address + bytes);
        throw new VmemException(
                call, address, bytes, "must be a hole, but there is " + clash.get(0));
    }

    /** Throws unless the range is of {@code kind} throughout. */
    void checkKind(String call, long address, long bytes, Area.Kind kind) {
        Area first = tree.at(address);
        if (first != null && first.kind() == kind && bytes <= first.end() - address) {
            checkEdges(call, address, bytes, first);
            return; // the common case: one area, one look
        }
        checkNoHole(call, address, bytes);
        for (Area part : tree.within(address, address + bytes)) {
            if (part.kind() != kind) {
                throw new VmemException(
                        call, address, bytes, "must be " + kind + ", but there is " + part);
            }
            checkEdges(call, address, bytes, part);
        }
    }

    /**
     * Returns the area of which the range is a part, if it is ordinary memory that operations may
     * cut anywhere: the common case. Null if one must look closer.
     */
    @Nullable Area simplePartOrNull(long address, long bytes) {
        Area area = tree.at(address);
        return area != null
                        && bytes <= area.end() - address
                        && area.kind().hasMemory()
                        && area.stack() == null
                        && area.pageBytes() == PageOrder.PAGE_BYTES
                ? area
                : null;
    }

    /** Returns the areas of a range, all of which have memory, clipped to it. */
    List<Area> partsWithMemory(String call, long address, long bytes, Holes holes) {
        if (holes == Holes.REFUSED) {
            checkNoHole(call, address, bytes);
        }
        List<Area> parts = tree.within(address, address + bytes);
        for (Area part : parts) {
            if (!part.kind().hasMemory()) {
                throw new VmemException(
                        call, address, bytes, "must have memory, but there is " + part);
            }
            checkEdges(call, address, bytes, part);
        }
        return parts;
    }

    /** Throws if an operation on the range would leave a part of a stack. */
    void checkStacksWhole(String call, long address, long bytes) {
        for (Area part : tree.within(address, address + bytes)) {
            StackLayout stack = part.stack();
            if (stack != null && (stack.start() < address || stack.end() > address + bytes)) {
                throw new VmemException(
                        call,
                        address,
                        bytes,
                        "a stack is changed as a whole, and this is a part of [0x%x, 0x%x)"
                                .formatted(stack.start(), stack.end()));
            }
            checkEdges(call, address, bytes, part);
        }
    }

    /** Throws if the range cuts a huge page; {@code part} is clipped to the range, or not. */
    private static void checkEdges(String call, long address, long bytes, Area part) {
        long from = Math.max(address, part.start());
        long to = Math.min(address + bytes, part.end());
        if (!Alignment.isAligned(from | to, part.pageBytes())) {
            throw new VmemException(
                    call,
                    address,
                    bytes,
                    "must be whole pages of %d bytes, of which %s is made"
                            .formatted(part.pageBytes(), part));
        }
    }
}
