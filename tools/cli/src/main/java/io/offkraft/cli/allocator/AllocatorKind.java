// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.allocator;

import java.util.Locale;

/** The allocators that can be replayed on. */
public enum AllocatorKind {
    /** Offkraft's own heap. */
    OFFKRAFT,
    /** The C library, through critical downcalls. */
    GLIBC,
    /** Netty's pooled allocator, on event loops. */
    NETTY_POOLED,
    /** Netty's adaptive allocator, on event loops. */
    NETTY_ADAPTIVE;

    /** Returns the name by which the command line and reports know it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Returns an instance with room for {@code objects} objects, nothing allocated. */
    public Blocks open(int objects, HeapOptions options) {
        return switch (this) {
            case OFFKRAFT -> new OffkraftBlocks(objects, options);
            case GLIBC -> new GlibcBlocks(objects);
            case NETTY_POOLED -> NettyBlocks.pooled(objects);
            case NETTY_ADAPTIVE -> NettyBlocks.adaptive(objects);
        };
    }

    /** Returns {@code threads} threads of the kind that suits it. */
    public Crew crew(int threads) {
        return switch (this) {
            case OFFKRAFT, GLIBC -> Crew.ofPlatformThreads(threads);
            case NETTY_POOLED, NETTY_ADAPTIVE -> Crew.ofEventLoops(threads);
        };
    }
}
