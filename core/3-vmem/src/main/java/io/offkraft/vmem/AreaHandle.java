// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import io.offkraft.word.RawMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Memory of a space behind a {@link MemorySegment}: reading and writing through it never ends the
 * process, and never shows another owner's data.
 *
 * <p>Before the space changes anything so that an access could go wrong, it ends the scope of the
 * segment: whoever uses that afterwards gets the {@link IllegalStateException} of a closed arena.
 * If only the protection has changed, {@link #segment()} gives a new segment; if the memory is
 * gone, it throws a {@link StaleHandleException}.
 *
 * <p>That protects from the calls of the space, not from those who reach its addresses by other
 * means. Memory of a file that was cut off meanwhile is an {@link InternalError} to touch, which
 * the virtual machine may throw a little later, as with the JDK's own mapped buffers.
 *
 * <p><b>Thread safety:</b> any thread; a segment may be used by many. To end a scope takes some
 * tens of microseconds, as the JDK asks all threads.
 */
public final class AreaHandle implements AutoCloseable {
    private final VirtualAddressSpace space;
    private final long address;
    private final long bytes;

    /** A scope and the segment in it. */
    private record Access(Arena arena, MemorySegment segment) {}

    /** Changed by who has claimed a part, under the monitor; null while nothing may be reached. */
    private volatile @Nullable Access access;

    /** Set in the same way, for ever: what was here is gone. */
    private volatile boolean gone;

    AreaHandle(VirtualAddressSpace space, long address, long bytes) {
        this.space = space;
        this.address = address;
        this.bytes = bytes;
    }

    /** Returns the first address. */
    public long address() {
        return address;
    }

    /** Returns the bytes. */
    public long bytes() {
        return bytes;
    }

    /**
     * Returns the memory: the same segment as before, or a new one if the protection has changed;
     * read-only if the memory may only be read.
     *
     * @throws StaleHandleException if the memory is gone
     * @throws VmemException if it may not even be read at present
     */
    public MemorySegment segment() {
        Access now = access;
        return now != null ? now.segment : space.renewed(this);
    }

    /** Returns whether what the handle was for is there no more. */
    public boolean isStale() {
        return gone || space.isClosed();
    }

    /** Unmaps the memory, unless it is gone already. */
    @Override
    public void close() {
        space.unmapHeld(this);
    }

    long end() {
        return address + bytes;
    }

    /** Under a claim of all: returns a segment, a new one if there is none. */
    @SuppressWarnings("MustBeClosedChecker") // the scope of the segment; closed by suspend
    synchronized MemorySegment renew(boolean readOnly) {
        Access now = access;
        if (now != null) {
            return now.segment;
        }
        if (gone) {
            throw new StaleHandleException("the memory of " + this + " is gone");
        }
        Arena arena = Arena.ofShared();
        MemorySegment all = RawMemory.segment(address, bytes, arena);
        MemorySegment segment = readOnly ? all.asReadOnly() : all;
        access = new Access(arena, segment);
        return segment;
    }

    /**
     * Under a claim of a part, before the change: ends the scope.
     *
     * @param call what is about to change something
     * @throws VmemException if a native call or an operation of a channel uses the segment now;
     *     nothing has changed
     */
    synchronized void suspend(String call) {
        Access now = access;
        if (now != null) {
            try {
                now.arena.close();
            } catch (IllegalStateException inUse) {
                throw new VmemException(
                        call,
                        address,
                        bytes,
                        "a native call or a channel uses the segment: wait for it",
                        inUse);
            }
            access = null;
        }
    }

    /** Under a claim of a part, after the change: what was here is gone. */
    synchronized void forget() {
        gone = true;
    }

    @Override
    public String toString() {
        return "handle of [0x%x, 0x%x)%s".formatted(address, end(), gone ? ", stale" : "");
    }
}
