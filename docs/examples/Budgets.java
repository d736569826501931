// SPDX-License-Identifier: BSD-3-Clause
import io.offkraft.heap.Heap;
import io.offkraft.heap.ReservationRefusedException;

/** A server's heap, a session's below it, and a query's below that. */
public class Budgets {
    public static void main(String[] arguments) {
        try (Heap server = Heap.builder().name("server").limitBytes(64 << 20).build();
                Heap session = server.child().name("session-3").limitBytes(32 << 20).build()) {
            long result;
            try (Heap query = session.child().name("query-7").reservationBytes(8 << 20).build()) {
                query.malloc(100); // whatever is live ends with the query
                long rows = query.malloc(1 << 20);
                System.out.println(query.malloc(40 << 20)); // above the session's limit
                result = query.transferTo(rows, session); // stays where it is
                System.out.println(session.budget().chargedBytes() >> 20);
            }
            System.out.println(session.budget().heldBytes() >> 20);
            session.free(result);
            try {
                server.child().reservationBytes(100 << 20).build();
            } catch (ReservationRefusedException refused) {
                System.out.println(refused.refusedBy() + " " + (refused.limitBytes() >> 20));
            }
        }
    }
}

// prints: 0
// prints: 9
// prints: 1
// prints: server 64
