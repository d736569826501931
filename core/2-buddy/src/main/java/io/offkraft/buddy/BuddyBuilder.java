// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

import io.offkraft.config.Contention;
import io.offkraft.config.OffkraftConfig;
import io.offkraft.sync.Synchronization;
import io.offkraft.vmem.VirtualAddressSpace;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** What a new {@link BuddyAllocator} is to be like. For one thread. */
public final class BuddyBuilder {
    /** The default commit threshold: chunks of 2 MiB, the size of a huge page. */
    public static final int DEFAULT_COMMIT_THRESHOLD = 9;

    final VirtualAddressSpace space;
    Synchronization synchronization = Synchronization.defaultChoice();
    int commitThreshold = DEFAULT_COMMIT_THRESHOLD;
    HugePages hugePages = HugePages.SYSTEM;
    Contention contention = OffkraftConfig.CONTENTION;
    boolean pagesAtHand = true;
    Duration decay = OffkraftConfig.process().decay();
    BooleanSupplier user = () -> false;

    BuddyBuilder(VirtualAddressSpace space) {
        this.space = space;
    }

    /**
     * Sets how threads are kept apart; with {@link Contention#HIGH} where they are at all, that is
     * only what the lock for adding regions and for closing is.
     */
    public BuddyBuilder synchronization(Synchronization choice) {
        synchronization = choice;
        return this;
    }

    /**
     * Sets the order of a chunk, in [0, 18]: reserved memory is committed and decommitted 2^{@code
     * order} pages at a time.
     */
    public BuddyBuilder commitThreshold(int order) {
        if (order < 0 || order > 18) {
            throw new IllegalArgumentException("order must be in [0, 18]: " + order);
        }
        commitThreshold = order;
        return this;
    }

    /** Sets whether huge pages are asked for; the default is {@link HugePages#SYSTEM}. */
    public BuddyBuilder hugePages(HugePages choice) {
        hugePages = choice;
        return this;
    }

    /**
     * Sets how long memory that lies free is kept, at most; zero gives it back at once, in the
     * thread that frees.
     */
    public BuddyBuilder decay(Duration time) {
        if (time.isNegative()) {
            throw new IllegalArgumentException("the decay time must not be negative: " + time);
        }
        decay = time;
        return this;
    }

    /**
     * Sets what is called after each half of the decay time, on the decay thread or, with {@link
     * Synchronization#NONE}, in a call of the owner, and without a lock of the allocator: the user
     * may give back blocks that it has kept for itself.
     *
     * @param aging returns whether it wants to be called again though nothing may be free then
     */
    public BuddyBuilder whenTimePasses(BooleanSupplier aging) {
        user = aging;
        return this;
    }

    /**
     * Sets how many threads are expected to allocate and free pages at once; the default is what
     * the process is configured for. {@link Contention#HIGH} takes no lock for it. With {@link
     * Synchronization#NONE}, or {@code offkraft.smp=false}, there is one thread, and this says
     * nothing.
     */
    public BuddyBuilder contention(Contention choice) {
        contention = choice;
        return this;
    }

    /**
     * Sets whether free pages are kept at hand, by default they are; never with a decay time of
     * zero. With {@link Contention#HIGH} each of the places that threads are spread over has some
     * words of 32 pages for itself; with {@link Contention#LOW} pages freed last wait to be merged.
     * They count as free, and are used or put back before a request fails.
     */
    public BuddyBuilder pagesAtHand(boolean choice) {
        pagesAtHand = choice;
        return this;
    }

    /** Returns a new allocator without regions. */
    public BuddyAllocator build() {
        // A copy: regions are made later, and must be what was asked for now.
        BuddyBuilder copy = new BuddyBuilder(space);
        copy.synchronization = synchronization;
        copy.commitThreshold = commitThreshold;
        copy.hugePages = hugePages;
        copy.decay = decay;
        copy.user = user;
        copy.contention = contention;
        copy.pagesAtHand = pagesAtHand && !new Decay(decay).isImmediate();
        return contention == Contention.HIGH && !synchronization.isForOneCpu()
                ? new LockFreePages(copy)
                : new LockedBuddy(copy);
    }
}
