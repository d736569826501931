// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.buddy.BuddyAllocator;
import io.offkraft.buddy.MisuseException;
import io.offkraft.config.Contention;
import io.offkraft.sync.Synchronization;
import io.offkraft.vmem.Protection;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The page allocator without a lock, as its users see it, in many schedules: eight pages, of which
 * the threads want more than there is.
 */
final class LockFreePagesExplorationTest {
    private static final long SCHEDULES = Boolean.getBoolean("stress") ? 200_000 : 1_500;
    private static final int CHUNK_ORDER = 2;
    private static final int PAGES = 8;
    private static final long PAGE = PageOrder.PAGE_BYTES;

    /** Hooks of an allocation and a free that are disturbed a few times. */
    private static final int HOOKS = 40;

    private static final VirtualAddressSpace SPACE = VirtualAddressSpace.reserve(64L << 20);

    /** Aligned to a chunk, and shared by all schedules: one allocator has it at a time. */
    private static final long MEMORY =
            SPACE.mapAnonymous(PAGES * PAGE, PAGES * PAGE, Protection.READ_WRITE).start();

    private static final int LARGER_PAGES = 96;
    private static final long LARGER_MEMORY =
            SPACE.mapAnonymous(LARGER_PAGES * PAGE, 128 * PAGE, Protection.READ_WRITE).start();

    @AfterAll
    static void closeSpace() {
        SPACE.close();
    }

    /** What the threads share, ours or a broken twin. */
    private interface Pages {
        /** Returns where the pages lie. */
        default long memory() {
            return MEMORY;
        }

        /** Returns an address, or 0. */
        long take(long pages);

        /** Returns whether there was such a block. */
        boolean give(long address, long pages);

        /** Checks that everything is free. */
        void assertAllFree();
    }

    private record Ours(BuddyAllocator pages, long memory, int count) implements Pages {
        static Ours withAtHand(boolean atHand) {
            return of(MEMORY, PAGES, atHand);
        }

        /** With pages in several words, of which a thread has one in its hands at a time. */
        static Ours ofSeveralWords(boolean atHand) {
            return of(LARGER_MEMORY, LARGER_PAGES, atHand);
        }

        private static Ours of(long memory, int pages, boolean atHand) {
            BuddyAllocator made =
                    BuddyAllocator.builder(SPACE)
                            .contention(Contention.HIGH)
                            .synchronization(Synchronization.SPIN)
                            .commitThreshold(CHUNK_ORDER)
                            .pagesAtHand(atHand)
                            .decay(Duration.ofDays(100))
                            .build();
            made.addMemory(memory, pages * PAGE);
            return new Ours(made, memory, pages);
        }

        @Override
        public long take(long count) {
            return pages.palloc(count);
        }

        @Override
        public boolean give(long address, long count) {
            try {
                pages.pfree(address, count);
                return true;
            } catch (MisuseException told) {
                assertThat(told.address()).isEqualTo(address);
                return false;
            }
        }

        @Override
        public void assertAllFree() {
            pages.validate();
            assertThat(pages.availablePages()).isEqualTo(count);
            assertThat(pages.maxAllocatablePages()).isEqualTo(Integer.highestOneBit(count));
            pages.close();
        }
    }

    /**
     * Broken: a bit a page and no counter in front, set one after the other, and no undo of the
     * half-open range: who fails in the middle gives back one bit too many.
     */
    private static final class BitsOnly implements Pages {
        private final long word = MEMORY;

        BitsOnly() {
            RawMemory.storeLongPlain(word, 0);
        }

        @Override
        public long take(long count) {
            for (int first = 0; first + count <= PAGES; first += (int) count) {
                int got = first;
                while (got < first + count && trySet(got)) {
                    got++;
                }
                if (got == first + count) {
                    return MEMORY + first * PAGE;
                }
                for (int bit = first; bit <= got && got > first; bit++) {
                    clear(bit);
                }
            }
            return 0;
        }

        private boolean trySet(int bit) {
            for (; ; ) {
                long seen = RawMemory.loadLongAcquire(word);
                if ((seen >>> bit & 1) != 0) {
                    return false;
                }
                if (RawMemory.casLongAcqRel(word, seen, seen | 1L << bit)) {
                    return true;
                }
            }
        }

        private void clear(int bit) {
            for (; ; ) {
                long seen = RawMemory.loadLongAcquire(word);
                if (RawMemory.casLongAcqRel(word, seen, seen & ~(1L << bit))) {
                    return;
                }
            }
        }

        @Override
        public boolean give(long address, long count) {
            long first = (address - MEMORY) / PAGE;
            boolean was = (RawMemory.loadLongAcquire(word) >>> first & 1) != 0; // a look, no claim
            for (long bit = first; was && bit < first + count; bit++) {
                clear((int) bit);
            }
            return was;
        }

        @Override
        public void assertAllFree() {
            assertThat(RawMemory.loadLongPlain(word)).isZero();
        }
    }

    /** Who has which page, as the threads believe: plain, as only hooks are preempted. */
    private static final class Owners {
        private final int[] owner = new int[LARGER_PAGES];
        private final long memory;

        Owners(long memory) {
            this.memory = memory;
        }

        void claim(long address, long pages, int thread) {
            for (long n = (address - memory) / PAGE; pages > 0; n++, pages--) {
                assertThat(owner[(int) n]).as("owner of page %d", n).isZero();
                owner[(int) n] = thread;
            }
        }

        void release(long address, long pages, int thread) {
            for (long n = (address - memory) / PAGE; pages > 0; n++, pages--) {
                assertThat(owner[(int) n]).as("owner of page %d", n).isEqualTo(thread);
                owner[(int) n] = 0;
            }
        }
    }

    /** Each thread takes two blocks of its size and gives back what it got. */
    private static List<Runnable> users(Pages pages, long... sizes) {
        return users(pages, new Owners(pages.memory()), 1, sizes);
    }

    private static List<Runnable> users(
            Pages pages, Owners owners, int firstThread, long... sizes) {
        List<Runnable> users = new ArrayList<>();
        for (int thread = 0; thread < sizes.length; thread++) {
            long size = sizes[thread];
            int number = firstThread + thread;
            users.add(() -> {
                long first = take(pages, owners, size, number);
                long second = take(pages, owners, size, number);
                give(pages, owners, first, size, number);
                give(pages, owners, second, size, number);
            });
        }
        return users;
    }

    private static long take(Pages pages, Owners owners, long size, int thread) {
        long address = pages.take(size);
        if (address != 0) {
            owners.claim(address, size, thread);
        }
        return address;
    }

    private static void give(Pages pages, Owners owners, long address, long size, int thread) {
        if (address != 0) {
            owners.release(address, size, thread);
            assertThat(pages.give(address, size)).isTrue();
        }
    }

    private static Explorer ownersOf(Supplier<Pages> make, long... sizes) {
        return Explorer.of(
                        () -> {
                            Pages pages = make.get();
                            return new Program(users(pages, sizes), pages::assertAllFree);
                        })
                .stepsMax(100_000)
                .schedules(SCHEDULES);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("B-01 B-02 in all schedules tried no page has two owners, and all are found again")
    void pagesHaveOneOwner(boolean atHand) {
        ownersOf(() -> Ours.withAtHand(atHand), 1, 1, 1).explore();
        ownersOf(() -> Ours.withAtHand(atHand), 1, 3, 4).explore();
        ownersOf(() -> Ours.withAtHand(atHand), 2, 4, 8).explore();
        ownersOf(() -> Ours.withAtHand(atHand), 1, 5, 6).explore();
        ownersOf(() -> Ours.ofSeveralWords(atHand), 1, 40, 64).explore();
        ownersOf(() -> Ours.ofSeveralWords(atHand), 16, 33, 32).explore();
    }

    /** A block grows over the end of its word, while others reserve that word and the next. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName(
            "M-02 B-01 a block that grows has its pages alone, and those it did not get are found")
    void growingBlocksHaveOneOwner(boolean atHand) {
        Explorer.of(
                        () -> {
                            Ours pages = Ours.ofSeveralWords(atHand);
                            Owners owners = new Owners(pages.memory());
                            long begin = take(pages, owners, 8, 1);
                            List<Runnable> users = users(pages, owners, 2, 1, 2);
                            users.add(() -> {
                                long size = pages.pages().tryExtend(begin, 40) ? 40 : 8;
                                owners.claim(begin + 8 * PAGE, size - 8, 1);
                                give(pages, owners, begin, size, 1);
                            });
                            return new Program(users, pages::assertAllFree);
                        })
                .stepsMax(100_000)
                .schedules(SCHEDULES)
                .explore();
    }

    /**
     * A block can't grow, as the first page of the next word is taken: what it took of its own word
     * goes back, which others may have reserved meanwhile.
     */
    @Test
    @DisplayName(
            "M-02 B-02 what a block took that could not grow goes back into a word reserved meanwhile")
    void whatDidNotGrowGoesBack() {
        Explorer.of(
                        () -> {
                            Ours pages = Ours.ofSeveralWords(true);
                            long first = pages.take(4);
                            long second = pages.take(4);
                            long grows = pages.take(8);
                            long rest = pages.take(16); // of the word
                            long next = pages.take(1);
                            assertThat(next).isEqualTo(pages.memory() + 32 * PAGE);
                            assertThat(pages.give(rest, 16)).isTrue();
                            Runnable frees =
                                    () -> {
                                        assertThat(pages.give(first, 4)).isTrue();
                                        assertThat(pages.give(second, 4)).isTrue();
                                    };
                            Runnable grower =
                                    () -> {
                                        assertThat(pages.pages().tryExtend(grows, 40)).isFalse();
                                        assertThat(pages.give(grows, 8)).isTrue();
                                    };
                            return Program.of(frees, grower)
                                    .check(() -> {
                                        assertThat(pages.give(next, 1)).isTrue();
                                        pages.assertAllFree();
                                    });
                        })
                .stepsMax(100_000)
                .schedules(SCHEDULES)
                .explore();
    }

    @Test
    @DisplayName("B-01 negative control: bits without a counter, undone one too far, are found out")
    void bitsWithoutACounterAreRejected() {
        assertThatThrownBy(() -> ownersOf(BitsOnly::new, 2, 4, 8).explore())
                .isInstanceOf(ScheduleFailure.class);
    }

    /** A block is freed by two threads at once, while a third takes what it can get. */
    private static Explorer freedTwice(Supplier<Pages> make, long size) {
        return Explorer.of(
                        () -> {
                            Pages pages = make.get();
                            long block = pages.take(size);
                            int[] freed = new int[1];
                            Runnable free =
                                    () -> {
                                        boolean did = pages.give(block, size);
                                        freed[0] += did ? 1 : 0;
                                    };
                            return Program.of(free, free)
                                    .check(() -> {
                                        assertThat(freed[0]).isEqualTo(1);
                                        pages.assertAllFree();
                                    });
                        })
                .stepsMax(100_000)
                .schedules(SCHEDULES);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 4, 6})
    @DisplayName("B-07 of two that free one block at once exactly one succeeds")
    void ofTwoFreesOneSucceeds(long size) {
        freedTwice(() -> Ours.withAtHand(true), size).explore();
        freedTwice(() -> Ours.withAtHand(false), size).exhaust(2);
    }

    @Test
    @DisplayName("B-07 negative control: a free that looks and then clears is found out")
    void lookThenClearIsRejected() {
        assertThatThrownBy(() -> freedTwice(BitsOnly::new, 2).explore())
                .isInstanceOf(ScheduleFailure.class);
    }

    /** As many pages as the threads want at most: none may be refused. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("B-03 no request fails while a page lies free or at hand for another thread")
    void noRequestFailsInVain(boolean atHand) {
        Explorer.of(
                        () -> {
                            Pages pages = Ours.withAtHand(atHand);
                            long rest = pages.take(PAGES - 2);
                            long[] left = new long[2];
                            left[0] = pages.take(1);
                            left[1] = pages.take(1);
                            Runnable user =
                                    () -> {
                                        assertThat(pages.give(left[0], 1)).isTrue();
                                        left[0] = 0;
                                    };
                            Runnable other =
                                    () -> {
                                        assertThat(pages.give(left[1], 1)).isTrue();
                                        long page = pages.take(1);
                                        assertThat(page).isNotZero();
                                        assertThat(pages.give(page, 1)).isTrue();
                                    };
                            return Program.of(user, other)
                                    .check(() -> {
                                        assertThat(pages.give(rest, PAGES - 2)).isTrue();
                                        pages.assertAllFree();
                                    });
                        })
                .stepsMax(100_000)
                .schedules(SCHEDULES)
                .explore();
    }

    /**
     * One page is free all the time, but not the same: a thread frees one in the word that a search
     * looks at first, and then has the block that lies before the other one grow over it.
     */
    @Test
    @DisplayName("B-03 no request fails while the free page moves from one word at hand to another")
    void thePageThatMovesIsFound() {
        Explorer.of(
                        () -> {
                            Ours pages = Ours.ofSeveralWords(true);
                            List<Long> ofTwoWords = new ArrayList<>();
                            for (int n = 0; n < 64; n++) {
                                ofTwoWords.add(pages.take(1));
                            }
                            long first = ofTwoWords.removeFirst();
                            long grows = pages.take(1); // reserves the third word
                            long[] rest = {16, 8, 4, 2};
                            long[] ofTheThird = new long[rest.length];
                            for (int n = 0; n < rest.length; n++) {
                                ofTheThird[n] = pages.take(rest[n]);
                            }
                            boolean[] grew = new boolean[1];
                            Runnable mover =
                                    () -> {
                                        assertThat(pages.give(first, 1)).isTrue();
                                        grew[0] = pages.pages().tryExtend(grows, 2);
                                    };
                            Runnable taker =
                                    () -> {
                                        long page = pages.take(1);
                                        assertThat(page).isNotZero();
                                        assertThat(pages.give(page, 1)).isTrue();
                                    };
                            return Program.of(mover, taker)
                                    .check(() -> {
                                        assertThat(pages.give(grows, grew[0] ? 2 : 1)).isTrue();
                                        for (int n = 0; n < rest.length; n++) {
                                            assertThat(pages.give(ofTheThird[n], rest[n])).isTrue();
                                        }
                                        for (long page : ofTwoWords) {
                                            assertThat(pages.give(page, 1)).isTrue();
                                        }
                                        pages.assertAllFree();
                                    });
                        })
                .stepsMax(100_000)
                .exhaust(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("R-05 wherever a thread stops in a call, the others take and give pages")
    void pagesAreLockFree(boolean atHand) {
        for (long size : new long[] {1, 2, 4}) {
            Suspension.holdsNobodyUp(
                    () -> {
                        Pages pages = Ours.ofSeveralWords(atHand);
                        Runnable user =
                                () -> {
                                    long block = pages.take(size);
                                    if (block != 0) {
                                        assertThat(pages.give(block, size)).isTrue();
                                    }
                                };
                        return new Suspension(user, List.of(user), pages::assertAllFree);
                    },
                    HOOKS);
        }
    }

    @Test
    @DisplayName("R-05 negative control: under a lock they are held up")
    void pagesUnderALockAreNot() {
        Suspension.holdsOthersUp(
                () -> {
                    BuddyAllocator locked =
                            BuddyAllocator.builder(SPACE)
                                    .contention(Contention.LOW)
                                    .synchronization(Synchronization.SPIN)
                                    .commitThreshold(CHUNK_ORDER)
                                    .decay(Duration.ofDays(100))
                                    .build();
                    locked.addMemory(MEMORY, PAGES * PAGE);
                    Runnable user = () -> locked.pfree(locked.palloc(1), 1);
                    return new Suspension(user, List.of(user), locked::close);
                },
                2);
    }
}
