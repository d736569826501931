// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.explore.Explorer;
import io.offkraft.explore.Program;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * A tenant that frees and takes what is lent to it without the guard, and others that free such a
 * block, or interrupt the tenant. What it does with the guard is one step each, as {@link
 * ThreadHeap} does it.
 */
class LentBlockExplorationTest {
    private final SlabMemory memory = new SlabMemory();

    @AfterEach
    void close() {
        memory.close();
    }

    /** A bin with a slab, and its tenant; each schedule's has the same memory. */
    private final class Lending extends OneSlab {
        final Thread thread = new Thread(() -> {});
        final Tenure tenure = new Tenure(thread, null);
        LentBlock lent = LentBlock.NONE;
        boolean told;

        Lending() {
            super(memory);
            tenure.lend();
        }

        /** The tenant's. */
        long malloc() {
            long address = tenure.isDirect(thread) ? lent.takeOr0() : 0;
            if (address != 0) {
                return address;
            }
            resume();
            address = bin.takeOr0();
            LentBlock to = bin.hand().lendOrNull(address);
            if (to == null) {
                bin.refuseLoan();
            }
            lent = to == null ? LentBlock.NONE : to;
            return address;
        }

        /** The tenant's, with the guard: as at a call for a block of another size. */
        void resume() {
            if (!tenure.isDirect(thread)) {
                bin.takeBackLent();
                tenure.lend();
            }
        }

        /** The tenant's; returns whether somebody had the block. */
        boolean free(long block) {
            if (tenure.isDirect(thread) && lent.tryFree(block)) {
                return true;
            }
            return bin.free(block);
        }

        /** Another thread's; returns whether somebody had the block. */
        @Override
        boolean freeAway(long block) {
            if (bin.hand().isLent(block)) {
                tenure.interruptLending();
            }
            return super.freeAway(block);
        }

        /** All that is free, when nobody is at work any more. */
        long[] takeAll() {
            bin.takeBackLent();
            assertThat(bin.takeEmpty(new long[0], 0, true)).isZero();
            return LongStream.generate(bin::takeOr0).takeWhile(block -> block != 0).toArray();
        }
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    @Test
    @DisplayName("M-06 a lent block that another frees is free once, whatever the tenant does")
    void lentBlockFreedByAnother() {
        Explorer.of(
                        () -> {
                            Lending all = new Lending();
                            final long block = all.malloc();
                            return Program.of(
                                            () -> check(all.freeAway(block), "it was taken"),
                                            () -> {
                                                long first = all.malloc();
                                                check(all.free(first), "the tenant's own");
                                                long second = all.malloc();
                                                long third = all.malloc();
                                                check(second != third, "handed out twice");
                                                check(all.free(second), "the second");
                                                check(all.free(third), "the third");
                                            },
                                            all.tenure::interruptLending)
                                    .check(() ->
                                            assertThat(all.takeAll())
                                                    .doesNotHaveDuplicates()
                                                    .hasSize(
                                                            SizeClasses.slots(OneSlab.SIZE_CLASS)));
                        })
                .exhaust(3);
    }

    @Test
    @DisplayName("B-07 a free through the loan after another thread's is refused")
    void freeThroughTheLoanIsRefused() {
        Explorer.of(
                        () -> {
                            Lending all = new Lending();
                            final long block = all.malloc();
                            return Program.of(
                                            () -> {
                                                check(all.freeAway(block), "it was taken");
                                                all.told = true;
                                            },
                                            () -> {
                                                all.resume();
                                                if (all.told) {
                                                    check(!all.free(block), "freed twice");
                                                }
                                            },
                                            all.tenure::interruptLending)
                                    .check(() -> assertThat(all.takeAll()).doesNotHaveDuplicates());
                        })
                .exhaust(3);
    }
}
