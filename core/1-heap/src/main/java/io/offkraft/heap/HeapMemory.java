// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import io.offkraft.buddy.BuddyAllocator;
import io.offkraft.buddy.BuddyBuilder;
import io.offkraft.buddy.Footprint;
import io.offkraft.buddy.HugePages;
import io.offkraft.platform.PhysicalMemory;
import io.offkraft.platform.SystemCalls;
import io.offkraft.sync.LockClass;
import io.offkraft.sync.Synchronization;
import io.offkraft.vmem.Protection;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.Alignment;
import io.offkraft.word.PageOrder;
import java.lang.ref.Cleaner;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Where a heap's blocks and metadata lie.
 *
 * <p>One address space holds the pages of the blocks, reserved and without memory until the buddy
 * commits them, the buddy's metadata and the slab descriptors. The page map and the live bits have
 * a space of their own, because they are read without a lock: a thread that calls into a heap which
 * another thread is closing may read them after everything else is gone. So they lose their memory
 * at {@link #close()} but their addresses only when nobody can reach the heap any more.
 */
final class HeapMemory implements AutoCloseable {
    /** The largest capacity: 1 TiB. */
    static final long MAX_CAPACITY_BYTES = 1L << 40;

    private static final Cleaner CLEANER = Cleaner.create();
    private static final long CHUNK_BYTES =
            PageOrder.PAGE_BYTES << BuddyBuilder.DEFAULT_COMMIT_THRESHOLD;

    /** No slab is smaller, which bounds how many there can be. */
    private static final int MIN_SLAB_PAGES = 1;

    private final VirtualAddressSpace space;
    private final VirtualAddressSpace mapSpace;
    private final long mapBytes;
    private final long tableBytes;
    private final BuddyAllocator buddy;
    private final long tableAddress;
    private final HeapMetadata metadata;
    private boolean closed; // guarded by the monitor

    /**
     * Reserves addresses.
     *
     * @param tick called after each half of the decay time while it returns true, and longer
     */
    HeapMemory(
            long capacityBytes,
            Synchronization synchronization,
            SystemCalls calls,
            Duration decay,
            HugePages hugePages,
            BooleanSupplier tick) {
        long pages = capacityBytes >>> PageOrder.PAGE_SHIFT;
        int maxSlabs = (int) Math.min(pages / MIN_SLAB_PAGES, PageMap.MAX_SLAB_NUMBER);
        tableBytes = wholePages((maxSlabs + 1L) * Slab.BYTES);
        long bitsBytes = wholePages(capacityBytes / LiveBits.BYTES_PER_BYTE);
        mapBytes = wholePages(pages * PageMap.BYTES_PER_PAGE) + bitsBytes;
        long buddyBytes =
                BuddyAllocator.metadataBytes(pages, BuddyBuilder.DEFAULT_COMMIT_THRESHOLD);
        space =
                reserve(
                        capacityBytes + wholePages(buddyBytes) + tableBytes,
                        synchronization,
                        calls);
        VirtualAddressSpace reservedMapSpace = null;
        try {
            reservedMapSpace = reserve(mapBytes, synchronization, calls);
            buddy =
                    BuddyAllocator.builder(space)
                            .synchronization(synchronization)
                            .decay(decay)
                            .hugePages(hugePages)
                            .whenTimePasses(tick)
                            .build();
            long base = buddy.addReserved(capacityBytes);
            tableAddress = map(space, tableBytes);
            long mapAddress = map(reservedMapSpace, mapBytes);
            metadata =
                    new HeapMetadata(
                            new PageMap(mapAddress + bitsBytes, base, capacityBytes),
                            new LiveBits(mapAddress, base),
                            new SlabTable(
                                    synchronization.newLock(LockClass.named("slab table")),
                                    tableAddress,
                                    maxSlabs));
        } catch (RuntimeException refused) {
            space.close();
            if (reservedMapSpace != null) {
                reservedMapSpace.close();
            }
            throw refused;
        }
        mapSpace = reservedMapSpace;
    }

    /** Returns the machine's memory, at most {@link #MAX_CAPACITY_BYTES}. */
    static long defaultCapacityBytes() {
        return Math.min(PhysicalMemory.totalBytes(), MAX_CAPACITY_BYTES);
    }

    /** Returns the capacity that a request for {@code bytes} gets: whole chunks. */
    static long roundedCapacity(long bytes) {
        return Alignment.alignUp(bytes, CHUNK_BYTES);
    }

    /** Returns what the heap takes of the operating system. */
    Footprint footprint() {
        long resident =
                space.residentBytes(tableAddress, tableBytes)
                        + mapSpace.residentBytes(mapSpace.baseAddress(), mapBytes);
        return buddy.footprint().plusMetadata(tableBytes + mapBytes, resident);
    }

    BuddyAllocator buddy() {
        return buddy;
    }

    HeapMetadata metadata() {
        return metadata;
    }

    /**
     * Gives everything back but the addresses of page map and live bits. No other thread uses the
     * metadata any more.
     */
    @Override
    public synchronized void close() {
        buddy.close();
        space.close();
        mapSpace.discard(mapSpace.baseAddress(), mapBytes);
        if (!closed) {
            closed = true;
            VirtualAddressSpace last = mapSpace;
            var _ = CLEANER.register(metadata.pageMap(), last::close);
        }
    }

    private static VirtualAddressSpace reserve(
            long bytes, Synchronization synchronization, SystemCalls calls) {
        return VirtualAddressSpace.builder()
                .bytes(bytes)
                .alignment(CHUNK_BYTES)
                .synchronization(synchronization)
                .systemCalls(calls)
                .build();
    }

    private static long map(VirtualAddressSpace space, long bytes) {
        return space.mapAnonymous(bytes, PageOrder.PAGE_BYTES, Protection.READ_WRITE).start();
    }

    private static long wholePages(long bytes) {
        return Alignment.alignUp(bytes, PageOrder.PAGE_BYTES);
    }
}
