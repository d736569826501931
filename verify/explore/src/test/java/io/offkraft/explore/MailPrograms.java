// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Programs that end only if a mailbox loses no wake-up, and are right only if it is exact. */
final class MailPrograms {
    private static final long NONE = -1;

    /** Time for a few steps, not for many. */
    private static final long SHORT_NANOS = 3_000;

    private MailPrograms() {}

    /** A mailbox for two values, ours or a broken one. */
    interface Box {
        void post(long value);

        boolean post(long value, long nanos) throws InterruptedException;

        boolean tryPost(long value);

        long receive();

        long receiveOr(long ifNone, long nanos) throws InterruptedException;

        long tryReceiveOr(long ifEmpty);

        int size();
    }

    /** Two post two values each, two receive two each: all wait, and all values arrive. */
    static Supplier<Program> valuesArrive(Supplier<? extends Box> boxes) {
        return () -> {
            Box box = boxes.get();
            List<Long> received = new ArrayList<>();
            Runnable receiver =
                    () -> {
                        received.add(box.receive());
                        received.add(box.receive());
                    };
            return Program.of(
                            receiver,
                            () -> {
                                box.post(10);
                                box.post(11);
                            },
                            () -> {
                                box.post(20);
                                box.post(21);
                            },
                            receiver)
                    .check(() ->
                            assertThat(received).containsExactlyInAnyOrder(10L, 11L, 20L, 21L));
        };
    }

    /** As an interrupt handler does it: tries only, which wake those who wait. */
    static Supplier<Program> triesWakeWhoWaits(Supplier<? extends Box> boxes) {
        return () -> {
            Box box = boxes.get();
            assertThat(box.tryPost(1)).isTrue();
            assertThat(box.tryPost(1)).isTrue();
            return Program.of(
                            () -> {
                                box.post(1);
                                box.post(1);
                            },
                            () -> {
                                assertThat(box.tryReceiveOr(NONE)).isEqualTo(1);
                                assertThat(box.tryReceiveOr(NONE)).isEqualTo(1);
                            })
                    .check(() -> assertThat(box.size()).isEqualTo(2));
        };
    }

    /** Two wait for values that tries bring. */
    static Supplier<Program> triesBringValues(Supplier<? extends Box> boxes) {
        return () -> {
            Box box = boxes.get();
            return Program.of(
                            box::receive,
                            () -> assertThat(box.tryPost(1)).isTrue(),
                            box::receive,
                            () -> assertThat(box.tryPost(1)).isTrue())
                    .check(() -> assertThat(box.size()).isZero());
        };
    }

    /** One value for a receiver that waits for good; two more may give up, or hand it on. */
    static Supplier<Program> whoGivesUpReceivingTakesNothing(Supplier<? extends Box> boxes) {
        return () -> {
            Box box = boxes.get();
            return Program.of(
                            () -> receiveAndPost(box, SHORT_NANOS),
                            () -> receiveAndPost(box, Long.MAX_VALUE),
                            () -> assertThat(box.receive()).isEqualTo(1),
                            () -> box.post(1),
                            () -> Explorer.thread(1).interrupt())
                    .check(() -> assertThat(box.size()).isZero());
        };
    }

    private static void receiveAndPost(Box box, long nanos) {
        try {
            long value = box.receiveOr(NONE, nanos);
            if (value != NONE) {
                box.post(value);
            }
        } catch (InterruptedException e) {
            assertThat(e).isNotNull(); // and it has taken nothing
        }
    }

    /** Room for one, who waits for it for good; two more may give up, or give the room back. */
    static Supplier<Program> whoGivesUpPostingPutsNothing(Supplier<? extends Box> boxes) {
        return () -> {
            Box box = boxes.get();
            box.post(1);
            box.post(1);
            return Program.of(
                            () -> postAndReceive(box, SHORT_NANOS),
                            () -> postAndReceive(box, Long.MAX_VALUE),
                            () -> box.post(1),
                            box::receive,
                            () -> Explorer.thread(1).interrupt())
                    .check(() -> assertThat(box.size()).isEqualTo(2));
        };
    }

    private static void postAndReceive(Box box, long nanos) {
        try {
            if (box.post(1, nanos)) {
                box.receive();
            }
        } catch (InterruptedException e) {
            assertThat(e).isNotNull(); // and it has put nothing
        }
    }

    /**
     * Who has received the second of two values knows that both are gone: there is room for two.
     */
    static Supplier<Program> fullIsExact(Supplier<? extends Box> boxes) {
        return () -> {
            Box box = boxes.get();
            box.post(1);
            box.post(2);
            return Program.of(
                    box::receive,
                    () -> {
                        if (box.receive() == 2) { // so 1 was received before
                            assertThat(box.tryPost(3)).isTrue();
                            assertThat(box.tryPost(4)).isTrue();
                        }
                    });
        };
    }

    /** Who has posted a value, and is the only one to receive, finds one. */
    static Supplier<Program> emptyIsExact(Supplier<? extends Box> boxes) {
        return () -> {
            Box box = boxes.get();
            return Program.of(
                    () -> box.post(1),
                    () -> {
                        box.post(2);
                        assertThat(box.tryReceiveOr(NONE)).isNotEqualTo(NONE);
                    });
        };
    }
}
