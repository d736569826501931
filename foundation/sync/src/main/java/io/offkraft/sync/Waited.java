// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

/** How a wait in the queue of a {@link QueuedLock} ended. */
enum Waited {
    /** The waiter is the heir. */
    IN_TURN,
    /** Its patience ended; it is in the queue still, and must leave. */
    OVER,
    /** It holds the lock, since the heir did not come for it; it must leave the queue. */
    GRANT_TAKEN
}
