// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The contract of locks for readers and writers bites: it rejects broken twins. */
class SharedLockContractTest {
    /** One is enough nearly always. */
    private static final int ATTEMPTS = 100;

    /** The contract, as a subclass that is a test would inherit it. */
    private static final class Contract extends SharedLockContract {
        private final Supplier<SharedLock> maker;

        Contract(Supplier<SharedLock> maker) {
            this.maker = maker;
        }

        @Override
        SharedLock newLock() {
            return maker.get();
        }
    }

    /** One test of the contract. */
    @FunctionalInterface
    private interface Clause {
        void check(SharedLockContract contract) throws Exception;
    }

    private static final Clause ONE_UPGRADER = SharedLockContract::ofTwoUpgradersExactlyOneWins;
    private static final Clause NO_GAP = SharedLockContract::downgradeLetsNoWriterBetween;
    private static final Clause WHOLE_WRITINGS = contract -> contract.readersSeeWholeWritings(4);

    @Test
    @DisplayName("L-12 the contract rejects a lock with two upgrade winners")
    void contractRejectsTwoUpgradeWinners() throws Exception {
        final Contract broken = new Contract(BrokenSharedLocks.TwoUpgraders::new);
        assertThat(isRejected(ONE_UPGRADER, broken)).isTrue();
    }

    @Test
    @DisplayName("L-12 the contract rejects a lock that upgrades beside another reader")
    void contractRejectsAnUpgradeBesideReaders() throws Exception {
        final Contract broken = new Contract(BrokenSharedLocks.UpgradeBesideReaders::new);
        assertThat(isRejected(ONE_UPGRADER, broken)).isTrue();
    }

    @Test
    @DisplayName("L-12 the contract rejects a lock with a gap at its downgrade")
    void contractRejectsAGapAtDowngrade() throws Exception {
        final Contract broken = new Contract(BrokenSharedLocks.GapAtDowngrade::new);
        assertThat(isRejected(NO_GAP, broken)).isTrue();
    }

    @Test
    @DisplayName("L-12 the contract rejects a lock that lets readers in beside a writer")
    void contractRejectsReadersBesideAWriter() throws Exception {
        final Contract broken = new Contract(BrokenSharedLocks.ReadersBesideAWriter::new);
        assertThat(isRejected(WHOLE_WRITINGS, broken)).isTrue();
    }

    @Test
    @DisplayName("the contract accepts the frame of the broken twins")
    void contractAcceptsTheFrameOfTheTwins() throws Exception {
        final Contract whole = new Contract(ForwardingSharedLock::new);
        ONE_UPGRADER.check(whole);
        NO_GAP.check(whole);
        WHOLE_WRITINGS.check(whole);
    }

    private static boolean isRejected(Clause clause, Contract contract) throws Exception {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            try {
                clause.check(contract);
            } catch (AssertionError rejected) {
                return true;
            }
        }
        return false;
    }
}
