// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import static io.offkraft.platform.MemoryFlags.MAP_FIXED;
import static io.offkraft.platform.MemoryFlags.MREMAP_FIXED;
import static io.offkraft.vmem.PageAreas.PAGE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.platform.Errno;
import io.offkraft.platform.SystemCallException;
import io.offkraft.platform.SystemCalls;
import io.offkraft.vmem.RandomSteps.Step;
import io.offkraft.word.RawMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random sequences of operations, in which each system call is refused in turn: the areas, the
 * kernel's list and the contents are as before, or as documented, and the rest works.
 */
class RefusedCallProperties {
    private static final int SEQUENCES = Boolean.getBoolean("stress") ? 1_000 : 30;
    private static final int LENGTH = 12;
    private static final int FILE_PAGES = 256;

    /** How the kernel refuses. */
    private enum Manner {
        /** At once. */
        AT_ONCE,
        /** After it has done half of the range: it goes from mapping to mapping. */
        HALF_WAY,
        /** After it has removed what the call was to replace, as its manual allows. */
        AFTER_UNMAPPING
    }

    private final long seed = Long.getLong("seed", System.nanoTime());

    @SuppressWarnings("NullAway.Init") // by JUnit
    @TempDir
    private Path folder;

    private final SharedFrames frames = SharedFrames.create("of refused calls", 6 * PAGE);

    @SuppressWarnings("NullAway.Init") // before each test
    private MappedFile file;

    /** The calls that were refused, by name and manner. */
    private final Set<String> refusals = new TreeSet<>();

    @BeforeEach
    void openFile() {
        file = MappedFile.open(folder.resolve("file"), MappedFile.Access.CREATE);
    }

    @AfterEach
    void closeFiles() {
        file.close();
        frames.close();
    }

    @Test
    @DisplayName("V-08 V-02 V-14 each call of random operations is refused in turn")
    void eachCallOfRandomOperationsIsRefusedInTurn() {
        for (int sequence = 0; sequence < SEQUENCES; sequence++) {
            refuseEachCall(sequence, false);
        }
        assertThat(refusals)
                .as("seed %d", seed)
                .contains(
                        "mmap AT_ONCE",
                        "mmap AFTER_UNMAPPING",
                        "mprotect AT_ONCE",
                        "mprotect HALF_WAY",
                        "mremap AT_ONCE",
                        "mremap AFTER_UNMAPPING",
                        "madvise AT_ONCE",
                        "madvise HALF_WAY",
                        "mlock AT_ONCE",
                        "mlock HALF_WAY",
                        "mbind AT_ONCE",
                        "munmap AT_ONCE",
                        "setAnonymousName AT_ONCE");
    }

    @Test
    @DisplayName("V-08 the check rejects a roll-back that is not made")
    void checkRejectsForgottenRollBack() {
        assertThatThrownBy(
                        () -> {
                            for (int sequence = 0; sequence < SEQUENCES; sequence++) {
                                refuseEachCall(sequence, true);
                            }
                        })
                .isInstanceOf(AssertionError.class);
    }

    private void refuseEachCall(int sequence, boolean forgetsRollBack) {
        final SplittableRandom random = new SplittableRandom(seed + sequence);
        final List<Step> steps = new RandomSteps(random, frames, file).draw(LENGTH);
        final Refusing none = new Refusing(0, Manner.AT_ONCE, random, false);
        final List<Long> contents = new Run(none, steps, "sequence " + sequence).go(null);
        for (int nth = 1; nth <= none.manners.size(); nth++) {
            for (final Manner manner : none.manners.get(nth - 1)) {
                final Refusing calls = new Refusing(nth, manner, random, forgetsRollBack);
                final String what =
                        "seed %d, sequence %d, call %d refused %s"
                                .formatted(seed, sequence, nth, manner);
                new Run(calls, steps, what).go(contents);
                if (calls.refused != null) {
                    refusals.add(calls.refused.call() + " " + manner);
                }
            }
        }
    }

    /** System calls of which one is refused. */
    private static final class Refusing implements ScriptedSystemCalls.Script {
        private final long nth;
        private final Manner manner;
        private final SplittableRandom random;
        private final boolean forgetsRollBack;

        /** In what manners each call made can be refused. */
        private final List<Set<Manner>> manners = new ArrayList<>();

        private @Nullable SystemCallException refused;

        /** Whether the operation goes on in which the call was refused. */
        private boolean goesOn;

        Refusing(long nth, Manner manner, SplittableRandom random, boolean forgetsRollBack) {
            this.nth = nth;
            this.manner = manner;
            this.random = random;
            this.forgetsRollBack = forgetsRollBack;
        }

        @Override
        public boolean dealsWith(String call, Object[] arguments) {
            final Set<Manner> possible = manners(call, arguments);
            manners.add(possible);
            if (manners.size() != nth || !possible.contains(manner)) {
                return forgetsRollBack && goesOn && call.equals("mprotect");
            }
            final SystemCalls linux = SystemCalls.linux();
            final long address = (long) arguments[0];
            final long half = (long) arguments[1] / PAGE / 2 * PAGE;
            switch (manner) {
                case AT_ONCE -> {}
                case HALF_WAY -> {
                    switch (call) {
                        case "mprotect" -> linux.mprotect(address, half, (int) arguments[2]);
                        case "madvise" -> linux.madvise(address, half, (int) arguments[2]);
                        default -> linux.mlock(address, half);
                    }
                }
                case AFTER_UNMAPPING -> {
                    final boolean moves = call.equals("mremap");
                    linux.munmap((long) arguments[moves ? 4 : 0], (long) arguments[moves ? 2 : 1]);
                }
            }
            goesOn = true;
            final SystemCallException thrown =
                    new SystemCallException(call, "made to fail " + manner, errno(call));
            refused = thrown;
            throw thrown;
        }

        private static Set<Manner> manners(String call, Object[] arguments) {
            final Set<Manner> possible = EnumSet.of(Manner.AT_ONCE);
            switch (call) {
                case "mprotect", "madvise", "mlock" -> {
                    if ((long) arguments[1] > PAGE) {
                        possible.add(Manner.HALF_WAY);
                    }
                }
                case "mmap" -> {
                    if (((int) arguments[3] & MAP_FIXED) != 0) {
                        possible.add(Manner.AFTER_UNMAPPING);
                    }
                }
                case "mremap" -> {
                    if (((int) arguments[3] & MREMAP_FIXED) != 0) {
                        possible.add(Manner.AFTER_UNMAPPING);
                    }
                }
                default -> {}
            }
            return possible;
        }

        private int errno(String call) {
            final int[] likely =
                    switch (call) {
                        case "mmap", "munmap", "mprotect", "mremap" ->
                                new int[] {Errno.ENOMEM, Errno.EAGAIN};
                        case "madvise" -> new int[] {Errno.ENOMEM, Errno.EAGAIN, Errno.EINVAL};
                        case "mlock", "munlock" ->
                                new int[] {Errno.ENOMEM, Errno.EAGAIN, Errno.EPERM};
                        // ENOMEM would say that nothing is mapped there
                        case "residentPages" -> new int[] {Errno.EAGAIN};
                        default -> new int[] {Errno.EINVAL, Errno.ENOMEM};
                    };
            return likely[random.nextInt(likely.length)];
        }

        /** Returns whether an operation may succeed although the call was refused. */
        static boolean canDoWithout(SystemCallException refused) {
            return switch (refused.call()) {
                // a name, huge pages of a pool, and whether these have replaced what was there
                case "setAnonymousName", "mmap", "residentPages" -> true;
                case "madvise" -> refused.errno() == Errno.EINVAL; // huge pages at all
                default -> false;
            };
        }
    }

    /** One run of a sequence in a space of its own. */
    private final class Run {
        private final Refusing calls;
        private final List<Step> steps;
        private final String what;
        private final AddressLedger ledger = new AddressLedger();

        /** Whether memory is gone that the run without refusals still has. */
        private boolean isLost;

        /** Whether it was a roll-back that was refused, after a refusal of the kernel's own. */
        private boolean rollBackIsRefused;

        Run(Refusing calls, List<Step> steps, String what) {
            this.calls = calls;
            this.steps = steps;
            this.what = what;
        }

        /** Returns the contents after each step, which must be as {@code expected} says. */
        List<Long> go(@Nullable List<Long> expected) {
            frames.discard(0, frames.bytes());
            file.setBytes(0);
            file.setBytes(FILE_PAGES * PAGE);
            final List<Long> contents = new ArrayList<>();
            try (VirtualAddressSpace space = spaceAtSecondAttempt()) {
                final PageAreas model = new PageAreas(space.baseAddress(), RandomSteps.PAGES);
                for (final Step step : steps) {
                    final String at = what + ", " + step + " of " + steps;
                    carryOut(step, space, model, at);
                    if (rollBackIsRefused) {
                        break; // what is mapped then is not defined, as documented
                    }
                    write(model, contents.size() + 1);
                    contents.add(contents(model));
                    if (expected != null && !isLost) {
                        assertThat(contents).as(at).isEqualTo(expected.subList(0, contents.size()));
                    }
                }
                if (!rollBackIsRefused) {
                    check(space, model, what);
                }
                closeAtSecondAttempt(space);
            }
            assertThat(ledger.pagesHeld()).as("held at the end, %s", what).isZero();
            return contents;
        }

        private VirtualAddressSpace spaceAtSecondAttempt() {
            final VirtualAddressSpace.Builder builder =
                    VirtualAddressSpace.builder()
                            .bytes(RandomSteps.PAGES * PAGE)
                            .alignment(RandomSteps.HUGE_PAGES * PAGE)
                            .systemCalls(
                                    ledger.watch(
                                            ScriptedSystemCalls.over(SystemCalls.linux(), calls)));
            try {
                return builder.build();
            } catch (SystemCallException refused) {
                assertThat(ledger.pagesHeld()).as(what).isZero();
                calls.goesOn = false;
                return builder.build();
            }
        }

        private void closeAtSecondAttempt(VirtualAddressSpace space) {
            try {
                space.close();
            } catch (SystemCallException refused) {
                assertThat(refused).as(what).isSameAs(calls.refused);
                space.close();
            }
        }

        private void carryOut(Step step, VirtualAddressSpace space, PageAreas model, String at) {
            final long before = contents(model);
            final boolean injectedBefore = calls.refused != null;
            final boolean done = attempt(step, space, model, at);
            final boolean injected = !injectedBefore && calls.refused != null;
            if (calls.nth == 0) {
                check(space, model, at);
            }
            if (rollBackIsRefused) {
                return;
            }
            if (!injected) {
                assertThat(space.areas()).as(at).isEqualTo(model.merged());
                return;
            }
            calls.goesOn = false;
            check(space, model, at);
            if (!done) {
                if (!isLost && !step.mayLoseContents()) {
                    assertThat(contents(model)).as(at).isEqualTo(before);
                }
                attempt(step, space, model, at + " again");
                check(space, model, at + " again");
            }
        }

        /** Returns whether the step was carried out; changes the model if so. */
        private boolean attempt(Step step, VirtualAddressSpace space, PageAreas model, String at) {
            final SystemCallException refusedBefore = calls.refused;
            final boolean can = step.can().test(model);
            try {
                step.call().on(space, model);
            } catch (VmemException refused) {
                assertThat(can).as("%s: %s", at, refused).isFalse();
                return false;
            } catch (SystemCallException refused) {
                if (calls.refused != refusedBefore) {
                    if (refused != calls.refused) {
                        assertThat(refused.getSuppressed()).as(at).contains(calls.refused);
                        rollBackIsRefused = true;
                        return false;
                    }
                    lose(refused, model, at);
                } // else the kernel has reasons of its own, such as to drop what is locked
                return false;
            }
            assertThat(can).as(at).isTrue();
            step.effect().accept(model);
            if (calls.refused != null && calls.refused != refusedBefore) {
                assertThat(Refusing.canDoWithout(calls.refused)).as(at).isTrue();
            }
            return true;
        }

        /** What was to be replaced is a hole, if the kernel had removed it and the space says. */
        private void lose(SystemCallException refused, PageAreas model, String at) {
            for (final Throwable suppressed : refused.getSuppressed()) {
                assertThat(suppressed).as(at).isInstanceOf(VmemException.class);
                final VmemException lost = (VmemException) suppressed;
                assertThat(calls.manner).as(at).isEqualTo(Manner.AFTER_UNMAPPING);
                assertThat(lost).as(at).hasMessageContaining("it is a hole");
                model.empty(model.index(lost.address()), (int) (lost.bytes() / PAGE));
                isLost = true;
            }
        }

        private void check(VirtualAddressSpace space, PageAreas model, String at) {
            space.validate();
            assertThat(space.areas()).as(at).isEqualTo(model.merged());
            assertThat(KernelMappings.permissions(space))
                    .as(at)
                    .isEqualTo(KernelMappings.expected(space));
        }

        private void write(PageAreas model, int step) {
            for (int page = 0; page < model.count(); page++) {
                final Area area = model.page(page);
                if (area != null
                        && area.protection() == Protection.READ_WRITE
                        && (page + step) % 2 == 0) {
                    RawMemory.storeLongPlain(area.start(), 1_000L * step + page);
                }
            }
        }

        private long contents(PageAreas model) {
            long sum = 1;
            for (int page = 0; page < model.count(); page++) {
                final Area area = model.page(page);
                if (area != null && area.protection() != Protection.NONE) {
                    sum = 31 * sum + RawMemory.loadLongPlain(area.start());
                }
            }
            return sum;
        }
    }
}
