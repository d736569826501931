// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.lockfree.Mailbox;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

final class MailboxExplorationTest {
    private static final long SCHEDULES = Boolean.getBoolean("stress") ? 1_000_000 : 10_000;

    private record Ours(Mailbox mailbox) implements MailPrograms.Box {
        static Ours empty() {
            return new Ours(new Mailbox(2));
        }

        @Override
        public void post(long value) {
            mailbox.post(value);
        }

        @Override
        public boolean post(long value, long nanos) throws InterruptedException {
            return mailbox.post(value, nanos);
        }

        @Override
        public boolean tryPost(long value) {
            return mailbox.tryPost(value);
        }

        @Override
        public long receive() {
            return mailbox.receive();
        }

        @Override
        public long receiveOr(long ifNone, long nanos) throws InterruptedException {
            return mailbox.receiveOr(ifNone, nanos);
        }

        @Override
        public long tryReceiveOr(long ifEmpty) {
            return mailbox.tryReceiveOr(ifEmpty);
        }

        @Override
        public int size() {
            return mailbox.size();
        }
    }

    private static Explorer explorer(Supplier<Program> program) {
        return Explorer.of(program)
                .timersFireBelow(ExclusiveLocksExplorationTest.LONG_SLEEP_NANOS)
                .schedules(SCHEDULES);
    }

    @Test
    @DisplayName("R-04 all values arrive, and nobody sleeps for ever")
    void valuesArrive() {
        explorer(MailPrograms.valuesArrive(Ours::empty)).explore();
    }

    @Test
    @DisplayName("R-04 tries, as handlers make them, wake those who wait")
    void triesWakeWhoWaits() {
        explorer(MailPrograms.triesWakeWhoWaits(Ours::empty)).explore();
        explorer(MailPrograms.triesBringValues(Ours::empty)).explore();
        explorer(MailPrograms.triesWakeWhoWaits(Ours::empty)).exhaust(1);
        explorer(MailPrograms.triesBringValues(Ours::empty)).exhaust(1);
    }

    @Test
    @DisplayName("R-04 who gives up has posted and received nothing, and loses no wake-up")
    void whoGivesUpLosesNothing() {
        explorer(MailPrograms.whoGivesUpReceivingTakesNothing(Ours::empty)).explore();
        explorer(MailPrograms.whoGivesUpPostingPutsNothing(Ours::empty)).explore();
    }

    @Test
    @DisplayName("R-04 full and empty are exact, in all schedules with few preemptions")
    void fullAndEmptyAreExact() {
        explorer(MailPrograms.fullIsExact(Ours::empty)).exhaust(3);
        explorer(MailPrograms.emptyIsExact(Ours::empty)).exhaust(3);
    }

    @Test
    @DisplayName("negative control: a mailbox that counts by semaphores is right, but not exact")
    void mailboxOfSemaphoresIsNotExact() {
        explorer(MailPrograms.valuesArrive(CountedMailbox::new)).schedules(1_000).explore();
        assertThatThrownBy(() -> explorer(MailPrograms.fullIsExact(CountedMailbox::new)).exhaust(2))
                .isInstanceOf(ScheduleFailure.class);
    }

    @Test
    @DisplayName("negative control: a mailbox that looks before it says that it sleeps is rejected")
    void forgetfulMailboxIsRejected() {
        assertRejected(MailPrograms.valuesArrive(ForgetfulMailbox::new));
        assertRejected(MailPrograms.triesWakeWhoWaits(ForgetfulMailbox::new));
        assertRejected(MailPrograms.triesBringValues(ForgetfulMailbox::new));
        assertRejected(MailPrograms.whoGivesUpReceivingTakesNothing(ForgetfulMailbox::new));
        assertRejected(MailPrograms.whoGivesUpPostingPutsNothing(ForgetfulMailbox::new));
    }

    private static void assertRejected(Supplier<Program> program) {
        assertThatThrownBy(() -> explorer(program).explore()).isInstanceOf(ScheduleFailure.class);
    }
}
