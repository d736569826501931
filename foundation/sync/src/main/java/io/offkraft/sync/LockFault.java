// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

/** What is wrong in the use of a lock. */
public enum LockFault {
    /** A thread unlocks what it does not hold. */
    NOT_HOLDER,
    /** A thread asks for a lock that it holds, and that is not recursive. */
    RECURSION,
    /** Two kinds of locks are taken in one order here and in the other there. */
    ORDER_INVERSION,
    /** A lock is taken by interrupt handlers, and elsewhere with interrupts enabled. */
    INTERRUPT_USE,
    /** A thread waits in a blocking way while it holds a lock that others spin for. */
    SLEEP_WHILE_SPINNING,
    /** An interrupt handler asks for what may block. */
    BLOCKING_IN_INTERRUPT,
    /** A thread ended and holds a lock still. */
    HELD_AT_EXIT,
    /** A lock is held across a system call although its class forbids that. */
    HELD_ACROSS_SYSTEM_CALL,
    /** With {@code offkraft.smp=false} a second thread entered at the same time. */
    SECOND_CPU,
    /** Something else; the message says what. */
    OTHER
}
