// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.sync.LockFault;
import io.offkraft.sync.LockUsageException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What one thread sees; several are in {@link EpochConcurrencyTest}. */
final class EpochReclaimerTest {
    private final EpochReclaimer epochs = new EpochReclaimer();
    private final List<Long> reclaimed = new ArrayList<>();

    private void retire(long item) {
        epochs.retire(item, reclaimed::add);
    }

    @Test
    @DisplayName("R-03 without readers a poll runs all callbacks, in the order of retirement")
    void pollRunsAllInOrder() {
        for (long item = 0; item < 1000; item++) {
            retire(item);
        }
        assertThat(epochs.pending()).isEqualTo(1000);
        assertThat(reclaimed).isEmpty();
        assertThat(epochs.poll()).isEqualTo(1000);
        assertThat(reclaimed).containsExactlyElementsOf(LongStream.range(0, 1000).boxed().toList());
        assertThat(epochs.pending()).isZero();
        assertThat(epochs.poll()).isZero();
    }

    @Test
    @DisplayName("R-03 a callback runs after the readers of before, and not after later ones")
    void laterReadersAreNotWaitedFor() {
        long before = epochs.enter();
        retire(1);
        epochs.poll();
        long after = epochs.enter();
        epochs.poll();
        assertThat(reclaimed).isEmpty();
        epochs.exit(before);
        epochs.poll();
        assertThat(reclaimed).containsExactly(1L);
        epochs.exit(after);
    }

    @Test
    @DisplayName("R-03 nested sections are independent, in whatever order they end")
    void nestedSectionsAreIndependent() {
        long outer = epochs.enter();
        retire(1);
        epochs.poll(); // the epoch moves on: the inner one is counted at the other parity
        long inner = epochs.enter();
        assertThat(inner).isNotEqualTo(outer);
        retire(2);
        epochs.exit(outer);
        epochs.poll();
        assertThat(reclaimed).containsExactly(1L);
        long third = epochs.enter();
        epochs.poll();
        epochs.exit(inner);
        epochs.poll();
        assertThat(reclaimed).containsExactly(1L, 2L);
        epochs.exit(third);
    }

    @Test
    @DisplayName("R-03 readers that always overlap do not keep a grace period from ending")
    void overlappingReadersDoNotBlock() {
        EpochReclaimer onePlace = new EpochReclaimer(() -> 0, 1);
        long inside = onePlace.enter();
        for (long item = 0; item < 100; item++) {
            onePlace.retire(item, reclaimed::add);
            for (int turn = 0; turn < 4; turn++) {
                onePlace.poll();
                long next = onePlace.enter();
                onePlace.exit(inside);
                inside = next;
            }
        }
        assertThat(reclaimed).hasSizeGreaterThan(95);
        onePlace.exit(inside);
        onePlace.close();
        assertThat(reclaimed).hasSize(100);
    }

    @Test
    @DisplayName("R-03 a section may end at another place than it would begin at by now")
    void sectionsMayMigrate() {
        int[] place = {0};
        EpochReclaimer migrating = new EpochReclaimer(() -> place[0], 4);
        long token = migrating.enter();
        place[0] = 3;
        long other = migrating.enter();
        migrating.retire(1, reclaimed::add);
        migrating.exit(token);
        assertThat(migrating.poll()).isZero();
        place[0] = 1;
        migrating.exit(other);
        assertThat(migrating.poll()).isOne();
    }

    @Test
    @DisplayName("R-03 close runs what is left, and what that retires")
    void closeRunsWhatIsLeft() {
        retire(1);
        epochs.retire(
                2,
                item -> {
                    reclaimed.add(item);
                    retire(3);
                });
        epochs.retire(() -> reclaimed.add(4L));
        epochs.close();
        assertThat(reclaimed).containsExactly(1L, 2L, 4L, 3L);
        assertThat(epochs.pending()).isZero();
        epochs.close();
    }

    @Test
    void retireAfterCloseIsRefused() {
        epochs.close();
        assertThatThrownBy(() -> retire(1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("retire after close of EpochReclaimer[0 inside, 0 pending]");
        assertThat(epochs.pending()).isZero();
        epochs.exit(epochs.enter());
        epochs.synchronize();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aCallbackThatThrowsLosesNoOther(boolean atClose) {
        Error one = new AssertionError("one");
        Exception two = new IllegalStateException("two");
        retire(1);
        epochs.retire(2, _ -> sneakilyThrow(one));
        retire(3);
        epochs.retire(4, _ -> sneakilyThrow(two));
        epochs.retire(5, _ -> sneakilyThrow(one));
        retire(6);
        assertThatThrownBy(() -> reclaimAll(atClose))
                .isSameAs(one)
                .satisfies(thrown -> assertThat(thrown.getSuppressed()).containsExactly(two));
        assertThat(reclaimed).containsExactly(1L, 3L, 6L);
        assertThat(epochs.pending()).isZero();
        assertThat(epochs.poll()).isZero();
        epochs.close();
    }

    private void reclaimAll(boolean atClose) {
        if (atClose) {
            epochs.close();
        } else {
            epochs.poll();
        }
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneakilyThrow(Throwable thrown) throws T {
        throw (T) thrown;
    }

    @Test
    void anExitWithoutAnEnterIsFoundAndChangesNothing() {
        long token = epochs.enter();
        EpochReclaimer other = new EpochReclaimer();
        for (long wrong :
                new long[] {0, -1, token ^ 1, token + 2, token - 1000, token | 0xffffff}) {
            assertMisuse(() -> epochs.exit(wrong));
        }
        assertMisuse(() -> other.exit(token));
        retire(1);
        assertThat(epochs.poll()).as("the section lasts").isZero();
        epochs.exit(token);
        assertMisuse(() -> epochs.exit(token));
        assertThat(epochs.poll()).isOne();
        assertThat(epochs).hasToString("EpochReclaimer[0 inside, 0 pending]");
    }

    private static void assertMisuse(Runnable call) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        LockUsageException.class,
                        thrown -> assertThat(thrown.fault()).isEqualTo(LockFault.NOT_HOLDER));
    }

    @Test
    void callbacksMayUseTheReclaimerButNotCloseIt() {
        epochs.retire(() -> {
            retire(1);
            assertThat(epochs.poll()).as("left to the poll that runs this").isZero();
            epochs.synchronize();
            epochs.exit(epochs.enter());
            assertThatThrownBy(epochs::close)
                    .isInstanceOfSatisfying(
                            LockUsageException.class,
                            thrown -> assertThat(thrown.fault()).isEqualTo(LockFault.RECURSION));
            retire(2); // close changed nothing
        });
        int ran = 0;
        while (epochs.pending() != 0) {
            ran += epochs.poll();
        }
        assertThat(ran).isEqualTo(3);
        assertThat(reclaimed).containsExactly(1L, 2L);
    }

    @Test
    @DisplayName("R-05 a synchronize that waits for its own section can be given up")
    void synchronizeInsideASectionTimesOut() {
        long token = epochs.enter();
        assertThat(epochs.trySynchronize(1_000_000)).isFalse();
        assertThat(epochs.trySynchronize(0)).isFalse();
        assertThat(epochs.trySynchronize(Long.MIN_VALUE)).isFalse();
        epochs.exit(token);
        assertThat(epochs.trySynchronize(0)).isTrue();
        epochs.synchronize();
    }

    @Test
    void aReclaimerOfNoPlaceIsRefused() {
        assertThatThrownBy(() -> new EpochReclaimer(CpuLocator.byThread(), 0))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
