// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload.allocator;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The allocators that can be compared. */
public enum AllocatorKind {
    /** Offkraft's own heap, as it is configured. */
    OFFKRAFT,
    /** Offkraft's own heap, configured for many CPUs that want the same structure. */
    OFFKRAFT_HIGH,
    /** Offkraft's own heap, which each thread keeps at hand. */
    OFFKRAFT_THREAD,
    /** The C library, through critical downcalls. */
    GLIBC,
    /** jemalloc, through critical downcalls. */
    JEMALLOC,
    /** mimalloc, through critical downcalls. */
    MIMALLOC,
    /** Netty's pooled allocator, on event loops. */
    NETTY_POOLED,
    /** Netty's adaptive allocator, on event loops. */
    NETTY_ADAPTIVE,
    /** A confined arena of the JDK's for each block, where one thread allocates and frees it. */
    FFM_CONFINED,
    /** None: each object keeps its block. What a workload itself takes, to be subtracted. */
    FLOOR,
    /** A shared arena of the JDK's for each block. */
    FFM_SHARED,
    /** A confined arena of Offkraft's for each block, zeroed. */
    OFFKRAFT_CONFINED,
    /** A confined arena of Offkraft's for each block, not zeroed. */
    OFFKRAFT_CONFINED_RAW,
    /** A shared arena of Offkraft's for each block, zeroed. */
    OFFKRAFT_SHARED,
    /** A shared arena of Offkraft's for each block, not zeroed. */
    OFFKRAFT_SHARED_RAW,
    /** Offkraft's page allocator for little contention. */
    PAGES_LOW,
    /** Offkraft's page allocator for high contention. */
    PAGES_HIGH,
    /** The same, without pages at hand. */
    PAGES_HIGH_BARE,
    /** The kernel: mmap and munmap. */
    MMAP;

    /** Those that recorded programs are replayed on. */
    public static final List<AllocatorKind> REPLAYED =
            List.of(OFFKRAFT, GLIBC, NETTY_POOLED, NETTY_ADAPTIVE);

    /** Heaps and what is used instead of one; the first is what the others are compared with. */
    public static final List<AllocatorKind> HEAPS =
            List.of(
                    OFFKRAFT,
                    OFFKRAFT_HIGH,
                    OFFKRAFT_THREAD,
                    GLIBC,
                    JEMALLOC,
                    MIMALLOC,
                    NETTY_POOLED,
                    NETTY_ADAPTIVE,
                    FFM_CONFINED);

    /** Arenas for one thread. */
    public static final List<AllocatorKind> CONFINED_ARENAS =
            List.of(OFFKRAFT_CONFINED, OFFKRAFT_CONFINED_RAW, FFM_CONFINED);

    /** Arenas for all threads. */
    public static final List<AllocatorKind> SHARED_ARENAS =
            List.of(OFFKRAFT_SHARED, OFFKRAFT_SHARED_RAW, FFM_SHARED);

    /** Allocators of pages. */
    public static final List<AllocatorKind> PAGES =
            List.of(PAGES_LOW, PAGES_HIGH, PAGES_HIGH_BARE, MMAP);

    /** Returns the name by which the command line and reports know it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Returns the library it needs, if any. */
    public Optional<PeerLibrary> library() {
        return this == JEMALLOC
                ? Optional.of(PeerLibrary.JEMALLOC)
                : this == MIMALLOC ? Optional.of(PeerLibrary.MIMALLOC) : Optional.empty();
    }

    /** Returns whether another thread than the one that allocated a block may free it. */
    public boolean mayBeFreedElsewhere() {
        return this != FFM_CONFINED && this != OFFKRAFT_CONFINED && this != OFFKRAFT_CONFINED_RAW;
    }

    /** Returns the system properties that its JVM is started with. */
    public Map<String, String> properties() {
        return this == OFFKRAFT_HIGH ? Map.of("offkraft.contention", "high") : Map.of();
    }

    /** Returns an instance with room for {@code objects} objects, nothing allocated. */
    public Blocks open(int objects, HeapOptions options) {
        return switch (this) {
            case OFFKRAFT, OFFKRAFT_HIGH -> new OffkraftBlocks(objects, options);
            case OFFKRAFT_THREAD -> new ThreadHeapBlocks(objects, options);
            case GLIBC -> new NativeBlocks(new Glibc(), objects);
            case JEMALLOC -> new NativeBlocks(new Jemalloc(), objects);
            case MIMALLOC -> new NativeBlocks(new Mimalloc(), objects);
            case NETTY_POOLED -> NettyBlocks.pooled(objects);
            case NETTY_ADAPTIVE -> NettyBlocks.adaptive(objects);
            case FFM_CONFINED -> new JdkArenaBlocks(objects, false);
            case FLOOR -> new FixedBlocks(objects);
            case FFM_SHARED -> new JdkArenaBlocks(objects, true);
            case OFFKRAFT_CONFINED -> new PooledArenaBlocks(objects, false, true);
            case OFFKRAFT_CONFINED_RAW -> new PooledArenaBlocks(objects, false, false);
            case OFFKRAFT_SHARED -> new PooledArenaBlocks(objects, true, true);
            case OFFKRAFT_SHARED_RAW -> new PooledArenaBlocks(objects, true, false);
            case PAGES_LOW -> PageBlocks.low(objects);
            case PAGES_HIGH -> PageBlocks.high(objects);
            case PAGES_HIGH_BARE -> PageBlocks.highWithoutPagesAtHand(objects);
            case MMAP -> new MappedBlocks(objects);
        };
    }

    /** Returns {@code threads} threads of the kind that suits it. */
    public Crew crew(int threads) {
        return switch (this) {
            case NETTY_POOLED, NETTY_ADAPTIVE -> Crew.ofEventLoops(threads);
            case OFFKRAFT_THREAD -> Crew.ofKeepers(threads);
            default -> Crew.ofPlatformThreads(threads);
        };
    }

    /** Returns the kind called {@code label}; null if none is. */
    public static @Nullable AllocatorKind ofLabelOrNull(String label) {
        for (AllocatorKind kind : values()) {
            if (kind.label().equals(label)) {
                return kind;
            }
        }
        return null;
    }
}
