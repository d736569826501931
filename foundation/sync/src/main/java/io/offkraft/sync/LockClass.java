// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

/**
 * What locks have in common that guard the same kind of structure, as Linux's lockdep understands
 * it: the order in which locks are taken is a rule about classes, not about single locks.
 *
 * <p><b>Thread safety:</b> immutable. Two classes are the same if they are equal.
 *
 * @param name for reports, in lower case, for example {@code buddy}
 * @param acrossSystemCalls whether a thread may make a system call while it holds such a lock
 */
public record LockClass(String name, boolean acrossSystemCalls) {
    /** Returns the class of locks that may not be held across a system call. */
    public static LockClass named(String name) {
        return new LockClass(name, false);
    }

    /** Returns the class of locks that may be held across a system call. */
    public static LockClass acrossSystemCalls(String name) {
        return new LockClass(name, true);
    }

    @Override
    public String toString() {
        return name;
    }
}
