// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import static java.util.Objects.requireNonNull;

import io.offkraft.buddy.BuddyAllocator;
import io.offkraft.heap.Heap;
import io.offkraft.vmem.VirtualAddressSpace;
import java.time.Duration;
import java.util.Random;
import java.util.function.LongConsumer;
import java.util.function.LongUnaryOperator;

/**
 * A program whose output is where each of its blocks lay: pages of a buddy first, then blocks of a
 * heap, and of a child of it, relative to the first of them. Its argument is the seed of what it
 * allocates.
 */
final class AddressLog {
    private static final int STEPS = 20_000;
    private static final int LIVE = 300;

    /** No time passes: how much does depends on what else the machine does. */
    private static final Duration NEVER = Duration.ofHours(1);

    private AddressLog() {}

    public static void main(String[] args) {
        long seed = Long.parseLong(requireNonNull(args[0]));
        try (VirtualAddressSpace space = VirtualAddressSpace.reserve(1L << 30);
                BuddyAllocator buddy = BuddyAllocator.builder(space).decay(NEVER).build()) {
            buddy.addReserved(256L << 20);
            log(
                    seed,
                    random -> 1 + random.nextLong(1L << random.nextInt(8)),
                    buddy::palloc,
                    buddy::pfree);
        }
        try (Heap heap = Heap.builder().capacityBytes(256L << 20).decay(NEVER).build()) {
            log(
                    seed,
                    random -> random.nextLong(1L << random.nextInt(18)),
                    heap::malloc,
                    heap::free);
            try (Heap child = heap.child().build()) {
                log(
                        seed,
                        random -> random.nextLong(1L << random.nextInt(18)),
                        child::malloc,
                        child::free);
            }
        }
    }

    private interface Sizes {
        long next(Random random);
    }

    private static void log(long seed, Sizes sizes, LongUnaryOperator allocate, LongConsumer free) {
        Random random = new Random(seed);
        long[] live = new long[LIVE];
        long first = allocate.applyAsLong(1);
        for (int step = 0; step < STEPS; step++) {
            int slot = random.nextInt(LIVE);
            if (live[slot] != 0) {
                free.accept(live[slot]);
            }
            live[slot] = allocate.applyAsLong(sizes.next(random));
            System.out.println(live[slot] - first);
        }
    }
}
