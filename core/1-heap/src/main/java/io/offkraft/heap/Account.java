// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import org.jspecify.annotations.Nullable;

/**
 * The figures of one heap's budget, in pages, and how they add up in the tree.
 *
 * <p>An account is charged for the pages that its heap holds, and for what its children charge it:
 * each the larger of its reservation and what it is charged for itself. So what is reserved is
 * there for the child whatever its siblings do, and no account is ever charged more than its limit.
 *
 * <p><b>Thread safety:</b> all accounts of a tree are guarded by the lock of the tree, but for
 * hints.
 */
final class Account {
    /** Whose account it is. */
    interface Owner {
        /** Returns its name, after those of the heaps above it. */
        String path();

        /**
         * Gives back all pages that are held for nothing by the heap and those below it; returns
         * whether there were any. Without a lock.
         */
        boolean reclaim();
    }

    /** An account that can be charged for less than this part of its limit is not roomy. */
    private static final int ROOM_DIVISOR = 8;

    private final @Nullable Account parent;
    private final Owner owner;
    private final long limitPages;
    private long reservedPages;
    private long own;
    private long charged;
    private long held;
    private long peakOwn;
    private long peakCharged;
    private boolean closed;

    /** Makes an empty account of {@code owner}; that of a child is to be {@link #open}ed. */
    Account(@Nullable Account parent, Owner owner, long limitPages) {
        this.parent = parent;
        this.owner = owner;
        this.limitPages = limitPages;
    }

    Owner owner() {
        return owner;
    }

    /** Returns the most pages that it may be charged for. Also without the lock. */
    long limitPages() {
        return limitPages;
    }

    long reservedPages() {
        return reservedPages;
    }

    /** Returns the pages that the heap holds itself. */
    long ownPages() {
        return own;
    }

    /** Returns the pages that the heap and those below it hold. */
    long heldPages() {
        return held;
    }

    /** Returns its own pages and what the children charge. */
    long chargedPages() {
        return charged;
    }

    long peakOwnPages() {
        return peakOwn;
    }

    long peakChargedPages() {
        return peakCharged;
    }

    boolean isClosed() {
        return closed;
    }

    /** Returns what the parent is charged for this. */
    long charge() {
        return Math.max(reservedPages, charged);
    }

    /**
     * Reserves pages for a new child.
     *
     * @return who refused, and nothing changed; null if nobody did
     */
    @Nullable Account open(long pages) {
        Account refuser = parent == null ? null : parent.refuserOrNull(pages);
        if (refuser == null) {
            reservedPages = pages;
            addToCharges(parent, pages, 0);
        }
        return refuser;
    }

    /**
     * From now on nothing is reserved; what is still held stays charged until it was given back.
     */
    void close() {
        long before = charge();
        reservedPages = 0;
        closed = true;
        addToCharges(parent, charge() - before, 0);
    }

    /** Returns the lowest account that can't be charged for so many pages more; null if all can. */
    @Nullable Account refuserOrNull(long pages) {
        long more = pages;
        for (Account account = this; account != null && more > 0; account = account.parent) {
            if (more > account.limitPages - account.charged) {
                return account;
            }
            more = Math.max(account.reservedPages, account.charged + more) - account.charge();
        }
        return null;
    }

    /**
     * Returns whether it, and those above, are far enough from their limits to keep what is free
     * for later. A hint, without the lock.
     */
    boolean isRoomy() {
        for (Account account = this; account != null; account = account.parent) {
            long limit = account.limitPages;
            if (account.charged > limit - limit / ROOM_DIVISOR) {
                return false;
            }
        }
        return true;
    }

    /** Counts so many pages more of the heap's own, or less. */
    void add(long pages) {
        own += pages;
        peakOwn = Math.max(peakOwn, own);
        addToCharges(this, pages, pages);
    }

    /**
     * Returns the lowest account that can't be charged if so many of the pages become another
     * heap's; null if all can. What both paths have in common is charged for the difference only.
     */
    @Nullable Account refuserOfMoveOrNull(Account target, long pages) {
        addToCharges(this, -pages, -pages);
        Account refuser = target.refuserOrNull(pages);
        addToCharges(this, pages, pages);
        return refuser;
    }

    /** Counts so many of its own pages as another heap's, of the same tree. */
    void move(Account target, long pages) {
        add(-pages);
        target.add(pages);
    }

    private static void addToCharges(@Nullable Account first, long charge, long pages) {
        long more = charge;
        for (Account account = first; account != null; account = account.parent) {
            long before = account.charge();
            account.held += pages;
            account.charged += more;
            account.peakCharged = Math.max(account.peakCharged, account.charged);
            more = account.charge() - before;
        }
    }
}
