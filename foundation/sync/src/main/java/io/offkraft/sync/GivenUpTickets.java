// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.word.SchedulePoint;
import java.util.Arrays;

/** The numbers of a ticket lock that nobody waits with any more. Few at a time. */
final class GivenUpTickets {
    private final SpinLock guard = new SpinLock();
    private int[] tickets = new int[4];

    /** Read without the guard as well: whether there is anything to look for. */
    private volatile int count;

    /** Adds {@code ticket}; a volatile store, before whatever the caller reads next. */
    void add(int ticket) {
        guard.lock();
        try {
            int length = count;
            if (length == tickets.length) {
                tickets = Arrays.copyOf(tickets, 2 * length);
            }
            tickets[length] = ticket;
            count = length + 1;
        } finally {
            guard.unlock();
        }
    }

    /** Takes {@code ticket} out; false if it is not here. Of several callers one gets it. */
    boolean take(int ticket) {
        SchedulePoint.reach();
        if (count == 0) {
            return false;
        }
        guard.lock();
        try {
            int length = count;
            for (int i = 0; i < length; i++) {
                if (tickets[i] == ticket) {
                    tickets[i] = tickets[length - 1];
                    count = length - 1;
                    return true;
                }
            }
            return false;
        } finally {
            guard.unlock();
        }
    }
}
