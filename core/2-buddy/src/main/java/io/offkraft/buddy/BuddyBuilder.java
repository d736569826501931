// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

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
    Duration decay = OffkraftConfig.process().decay();
    BooleanSupplier user = () -> false;

    BuddyBuilder(VirtualAddressSpace space) {
        this.space = space;
    }

    /** Sets how threads are kept apart. */
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

    /** Returns a new allocator without regions. */
    public BuddyAllocator build() {
        // A copy: regions are made later, and must be what was asked for now.
        BuddyBuilder copy = new BuddyBuilder(space);
        copy.synchronization = synchronization;
        copy.commitThreshold = commitThreshold;
        copy.hugePages = hugePages;
        copy.decay = decay;
        copy.user = user;
        return new BuddyAllocator(copy);
    }
}
