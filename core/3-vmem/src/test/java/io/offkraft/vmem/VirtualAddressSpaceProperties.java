// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.sync.Synchronization;
import io.offkraft.vmem.PageModel.Page;
import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Random operations on a space, against the naive model and against the kernel. */
class VirtualAddressSpaceProperties {
    private static final int PAGES = 96;
    private static final long PAGE = PageOrder.PAGE_BYTES;
    private static final int STEPS = Boolean.getBoolean("stress") ? 1_000_000 : 10_000;
    private static final int STEPS_PER_KERNEL_CHECK = 20;

    private static final List<Protection> PROTECTIONS = List.of(Protection.values());

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private final VirtualAddressSpace space =
            VirtualAddressSpace.builder()
                    .bytes(PAGES * PAGE)
                    .synchronization(Synchronization.NONE)
                    .build();
    private final PageModel model = new PageModel(space.baseAddress(), PAGES);
    private int refused;

    @Test
    @DisplayName("V-07 V-01 V-06 random operations leave what the model and the kernel have")
    void randomOperationsAgreeWithModelAndKernel() {
        try (space) {
            for (int step = 0; step < STEPS; step++) {
                randomOperation();
                writeSomewhere(step + 1L);
                final String at = "seed %d, step %d".formatted(seed, step);
                space.validate();
                assertThat(space.areas()).as(at).isEqualTo(model.areas());
                assertThat(space.committedBytes()).as(at).isEqualTo(model.committedBytes());
                if (step % STEPS_PER_KERNEL_CHECK == 0) {
                    assertThat(KernelMappings.permissions(space))
                            .as(at)
                            .isEqualTo(KernelMappings.expected(space));
                    checkWords(at);
                    checkFind(at);
                }
            }
        }
        assertThat(refused).as("refusals in %d steps", STEPS).isBetween(STEPS / 20, STEPS);
    }

    private void randomOperation() {
        final int first = random.nextInt(PAGES);
        final int count = 1 + random.nextInt(random.nextBoolean() ? 4 : 24);
        final Protection protection = PROTECTIONS.get(random.nextInt(PROTECTIONS.size()));
        final long address = space.baseAddress() + first * PAGE;
        final long bytes = count * PAGE;
        switch (random.nextInt(8)) {
            case 0 -> place(count, Page.RESERVED, protection);
            case 1 -> place(count, Page.anonymous(protection), protection);
            case 2 -> {
                final Page page = Page.anonymous(protection);
                if (expect(first, count, Page::isHole, () -> mapAt(address, bytes, protection))) {
                    model.fill(first, count, page);
                }
            }
            case 3 -> {
                if (expect(first, count, Page::isReserved, () -> space.commit(address, bytes))) {
                    model.fill(first, count, Page.anonymous(Protection.READ_WRITE));
                }
            }
            case 4 -> {
                if (expect(first, count, Page::isAnonymous, () -> space.decommit(address, bytes))) {
                    model.fill(first, count, Page.RESERVED);
                }
            }
            case 5 -> {
                if (expect(
                        first,
                        count,
                        Page::isAnonymous,
                        () -> space.protect(address, bytes, protection))) {
                    model.protect(first, count, protection);
                }
            }
            case 6 -> {
                if (expect(first, count, Page::isAnonymous, () -> space.discard(address, bytes))) {
                    for (int index = first; index < first + count; index++) {
                        model.set(index, model.page(index).withWord(0));
                    }
                }
            }
            default -> {
                final Predicate<Page> mapped = page -> !page.isHole();
                if (expect(first, count, mapped, () -> space.unmap(address, bytes))) {
                    model.fill(first, count, Page.HOLE);
                }
            }
        }
    }

    private void mapAt(long address, long bytes, Protection protection) {
        assertThat(space.mapAnonymousAt(address, bytes, protection))
                .isEqualTo(new Area(address, address + bytes, Area.Kind.ANONYMOUS, protection));
    }

    private void place(int count, Page page, Protection protection) {
        final int alignmentPages = 1 << random.nextInt(4);
        final int first = model.firstFitOrMinus1(count, alignmentPages);
        final long bytes = count * PAGE;
        final long alignment = alignmentPages * PAGE;
        if (first < 0) {
            refused++;
            assertThatThrownBy(() -> place(page, bytes, alignment, protection))
                    .isInstanceOf(VmemException.class);
            return;
        }
        assertThat(place(page, bytes, alignment, protection).start())
                .isEqualTo(space.baseAddress() + first * PAGE);
        model.fill(first, count, page);
    }

    private Area place(Page page, long bytes, long alignment, Protection protection) {
        return page.isReserved()
                ? space.reserveArea(bytes, alignment)
                : space.mapAnonymous(bytes, alignment, protection);
    }

    /** Carries the operation out; it must be refused unless all pages of the range are such. */
    private boolean expect(int first, int count, Predicate<Page> such, Executable operation) {
        if (model.all(first, count, such)) {
            try {
                operation.execute();
            } catch (Throwable unexpected) {
                throw new AssertionError("seed " + seed, unexpected);
            }
            return true;
        }
        refused++;
        assertThatThrownBy(operation::execute)
                .as("seed %d", seed)
                .isInstanceOf(VmemException.class);
        return false;
    }

    private void writeSomewhere(long word) {
        final int index = random.nextInt(PAGES);
        final Page page = model.page(index);
        if (page.isAnonymous() && page.protection() == Protection.READ_WRITE) {
            RawMemory.storeLongPlain(space.baseAddress() + index * PAGE, word);
            model.set(index, page.withWord(word));
        }
    }

    private void checkWords(String at) {
        for (int index = 0; index < PAGES; index++) {
            final Page page = model.page(index);
            if (page.isAnonymous() && page.protection() != Protection.NONE) {
                assertThat(RawMemory.loadLongPlain(space.baseAddress() + index * PAGE))
                        .as("page %d, %s", index, at)
                        .isEqualTo(page.word());
            }
        }
    }

    private void checkFind(String at) {
        for (final Area area : model.areas()) {
            assertThat(space.find(area.start())).as(at).contains(area);
            assertThat(space.find(area.end() - 1)).as(at).contains(area);
        }
        for (int index = 0; index < PAGES; index++) {
            assertThat(space.find(space.baseAddress() + index * PAGE).isEmpty())
                    .as(at)
                    .isEqualTo(model.page(index).isHole());
        }
    }
}
