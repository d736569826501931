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
    FFM_CONFINED;

    /** Those that recorded programs are replayed on. */
    public static final List<AllocatorKind> REPLAYED =
            List.of(OFFKRAFT, GLIBC, NETTY_POOLED, NETTY_ADAPTIVE);

    /** Returns the name by which the command line and reports know it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Returns the library it needs, if any. */
    public Optional<PeerLibrary> library() {
        return Optional.ofNullable(
                switch (this) {
                    case JEMALLOC -> PeerLibrary.JEMALLOC;
                    case MIMALLOC -> PeerLibrary.MIMALLOC;
                    case OFFKRAFT,
                            OFFKRAFT_HIGH,
                            GLIBC,
                            NETTY_POOLED,
                            NETTY_ADAPTIVE,
                            FFM_CONFINED ->
                            null;
                });
    }

    /** Returns whether another thread than the one that allocated a block may free it. */
    public boolean mayBeFreedElsewhere() {
        return this != FFM_CONFINED;
    }

    /** Returns whether it is a heap of Offkraft's. */
    public boolean isOffkraft() {
        return this == OFFKRAFT || this == OFFKRAFT_HIGH;
    }

    /** Returns the system properties that its JVM is started with. */
    public Map<String, String> properties() {
        return this == OFFKRAFT_HIGH ? Map.of("offkraft.contention", "high") : Map.of();
    }

    /** Returns an instance with room for {@code objects} objects, nothing allocated. */
    public Blocks open(int objects, HeapOptions options) {
        return switch (this) {
            case OFFKRAFT, OFFKRAFT_HIGH -> new OffkraftBlocks(objects, options);
            case GLIBC -> new NativeBlocks(new Glibc(), objects);
            case JEMALLOC -> new NativeBlocks(new Jemalloc(), objects);
            case MIMALLOC -> new NativeBlocks(new Mimalloc(), objects);
            case NETTY_POOLED -> NettyBlocks.pooled(objects);
            case NETTY_ADAPTIVE -> NettyBlocks.adaptive(objects);
            case FFM_CONFINED -> new ConfinedArenaBlocks(objects);
        };
    }

    /** Returns {@code threads} threads of the kind that suits it. */
    public Crew crew(int threads) {
        return switch (this) {
            case NETTY_POOLED, NETTY_ADAPTIVE -> Crew.ofEventLoops(threads);
            case OFFKRAFT, OFFKRAFT_HIGH, GLIBC, JEMALLOC, MIMALLOC, FFM_CONFINED ->
                    Crew.ofPlatformThreads(threads);
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
