// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.config;

/** Which locks structures use whose builder was not told. */
public enum LockChoice {
    /** What {@code offkraft.smp} and {@code offkraft.contention} make of it. */
    AUTO,
    /** None; one thread at a time uses a structure. */
    NONE,
    /** Test and test and set. */
    SPIN,
    /** First in, first out, by tickets. */
    TICKET,
    /** First in, first out, with a queue of nodes. */
    MCS,
    /** For readers and writers, phase by phase. */
    RW,
    /** For readers and writers, with a cache line for each reader. */
    BIG_READER,
    /** Waiters sleep until they are woken. */
    MUTEX
}
