// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TicketLockTest extends QueuedLockContract {
    @Override
    QueuedLock newLock() {
        return new TicketLock();
    }

    @ParameterizedTest(name = "L-03 the numbers wrap from {0} on and the order stays")
    @ValueSource(ints = {Integer.MAX_VALUE - 20, -20})
    @DisplayName("L-03 the numbers wrap and the order stays")
    void numbersWrapAndTheOrderStays(int firstTicket) throws InterruptedException {
        assertFirstInFirstOut(new TicketLock(firstTicket));
    }
}
