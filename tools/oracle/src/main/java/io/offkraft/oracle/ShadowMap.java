// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.oracle;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Who owns which bytes of the whole address space, kept beside the memory and never in it.
 *
 * <p>The address space is cut into granules; each has a word that names its owner. A claim turns
 * every granule of a block from nobody's to its owner's by compare-and-set, so two blocks that
 * share a granule can't both be claimed, whatever the timing. Blocks smaller than a granule are
 * told apart if their addresses are a granule apart.
 *
 * <p><b>Thread safety:</b> any thread.
 *
 * <p><b>Progress:</b> lock-free; the cost of a call is proportional to the range.
 *
 * <p><b>Memory effects:</b> what a thread did before {@link #release} is visible to the thread that
 * claims the range next.
 *
 * <p><b>Failure:</b> a refused claim leaves nothing claimed. The map takes 8 bytes of Java heap for
 * each granule of every leaf it has seen a claim in, and keeps them.
 */
public final class ShadowMap {
    /** Bits of a user-space address on both supported processors. */
    public static final int ADDRESS_BITS = 47;

    /** Log2 of the granule that malloc's alignment asks for. */
    public static final int DEFAULT_GRANULE_SHIFT = 4;

    /*
     * Three levels, of which the lower two are made on demand:
     *
     *   granule number   | root index | middle index | leaf index |
     *
     * A table that lost the race to be installed is dropped. Installed tables are never removed, so a reader needs
     * no protection from reclamation.
     */
    private static final int LEAF_BITS = 14;
    private static final int MIDDLE_BITS = 14;
    private static final long LEAF_MASK = (1L << LEAF_BITS) - 1;
    private static final long MIDDLE_MASK = (1L << MIDDLE_BITS) - 1;

    private final int granuleShift;
    private final AtomicReferenceArray<@Nullable AtomicReferenceArray<@Nullable AtomicLongArray>>
            root;

    /** Creates an empty map with granules of 16 bytes. */
    public ShadowMap() {
        this(DEFAULT_GRANULE_SHIFT);
    }

    /**
     * Creates an empty map with granules of {@code 2^granuleShift} bytes; the shift is in [3, 21].
     *
     * @throws IllegalArgumentException if it is not
     */
    public ShadowMap(int granuleShift) {
        if (granuleShift < 3 || granuleShift > 21) {
            throw new IllegalArgumentException("granule shift must be in [3, 21]: " + granuleShift);
        }
        this.granuleShift = granuleShift;
        int rootBits = Math.max(0, ADDRESS_BITS - granuleShift - LEAF_BITS - MIDDLE_BITS);
        this.root = new AtomicReferenceArray<>(1 << rootBits);
    }

    /**
     * Claims every granule of {@code [address, address + max(bytes, 1))} for {@code owner}.
     *
     * <p>Granules are claimed in ascending order and the loser of a race stops at the first that
     * both want; so of two overlapping claims made at once exactly one is refused.
     *
     * @return {@link OwnerWord#NOBODY} if the range is now the owner's; otherwise an owner whose
     *     claim overlaps it
     */
    public long claim(long address, long bytes, long owner) {
        long first = firstGranule(address, bytes);
        long last = lastGranule(address, bytes);
        for (long granule = first; granule <= last; granule++) {
            // acquire: pairs with the release in release(); the block's last owner is done with it
            long found = leafOf(granule).compareAndExchange(slot(granule), OwnerWord.NOBODY, owner);
            if (found != OwnerWord.NOBODY) {
                giveBack(first, granule, owner);
                return found;
            }
        }
        return OwnerWord.NOBODY;
    }

    /**
     * Gives up every granule of {@code [address, address + max(bytes, 1))}, which {@code owner}
     * claimed.
     *
     * @return {@code owner} if the whole range was its own; otherwise what the first other granule
     *     held, and nothing from that granule on is given up
     */
    public long release(long address, long bytes, long owner) {
        long last = lastGranule(address, bytes);
        for (long granule = firstGranule(address, bytes); granule <= last; granule++) {
            // release: pairs with the acquire in claim(); publishes the owner's accesses to the
            // block
            long found = leafOf(granule).compareAndExchange(slot(granule), owner, OwnerWord.NOBODY);
            if (found != owner) {
                return found;
            }
        }
        return owner;
    }

    /** Returns the owner of the granule at {@code address}, at this moment. */
    public long ownerOf(long address) {
        long granule = firstGranule(address, 1);
        return leafOf(granule).getAcquire(slot(granule));
    }

    private void giveBack(long first, long end, long owner) {
        for (long granule = first; granule < end; granule++) {
            // release: as in release(); nobody but the owner changes a granule that is the owner's
            boolean wasOwn = leafOf(granule).compareAndSet(slot(granule), owner, OwnerWord.NOBODY);
            assert wasOwn : Long.toHexString(granule << granuleShift);
        }
    }

    private long firstGranule(long address, long bytes) {
        if (address < 0 || bytes < 0 || address > (1L << ADDRESS_BITS) - Math.max(bytes, 1)) {
            throw new IllegalArgumentException(
                    "range must lie in the %d-bit address space: 0x%x, %d bytes"
                            .formatted(ADDRESS_BITS, address, bytes));
        }
        return address >>> granuleShift;
    }

    private long lastGranule(long address, long bytes) {
        return (address + Math.max(bytes, 1) - 1) >>> granuleShift;
    }

    private static int slot(long granule) {
        return (int) (granule & LEAF_MASK);
    }

    private AtomicLongArray leafOf(long granule) {
        int middleIndex = (int) (granule >>> LEAF_BITS & MIDDLE_MASK);
        int rootIndex = (int) (granule >>> (LEAF_BITS + MIDDLE_BITS));
        // acquire: pairs with the compare-and-set that installed the table; its elements are zero
        AtomicReferenceArray<@Nullable AtomicLongArray> middle = root.getAcquire(rootIndex);
        if (middle == null) {
            AtomicReferenceArray<@Nullable AtomicLongArray> fresh =
                    new AtomicReferenceArray<>(1 << MIDDLE_BITS);
            middle = installed(root, rootIndex, fresh);
        }
        AtomicLongArray leaf = middle.getAcquire(middleIndex);
        return leaf != null
                ? leaf
                : installed(middle, middleIndex, new AtomicLongArray(1 << LEAF_BITS));
    }

    /**
     * Returns the table at {@code index}: {@code fresh} if this thread was first, else the
     * winner's.
     */
    private static <T> T installed(AtomicReferenceArray<@Nullable T> tables, int index, T fresh) {
        // release: publishes the zeroed table; pairs with getAcquire in leafOf
        T winner = tables.compareAndExchange(index, null, fresh);
        return winner == null ? fresh : winner;
    }
}
