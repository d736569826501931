// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.sync.Synchronization;
import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random operations of every sort, against a model of single pages and against the kernel's list:
 * threads in one space, each in a stretch of its own.
 */
class SpaceDifferentialTest {
    private static final long PAGE = PageOrder.PAGE_BYTES;
    private static final int STRETCH = 48;
    private static final long STRETCH_BYTES = STRETCH * PAGE;
    private static final boolean SMP = Synchronization.defaultChoice() != Synchronization.NONE;
    private static final int STEPS = Boolean.getBoolean("stress") ? 1_000_000 : 10_000;
    private static final int STEPS_PER_KERNEL_CHECK = 250;

    @ParameterizedTest(name = "V-01 V-02 V-07 V-10 V-11 model, space and kernel agree, {0} threads")
    @ValueSource(ints = {1, 8})
    @DisplayName("V-07 random operations leave what the model and the kernel have")
    void randomOperationsAgree(int wanted) throws Exception {
        final int threads = SMP ? wanted : 1;
        final long seed = Long.getLong("seed", System.nanoTime());
        try (VirtualAddressSpace space = VirtualAddressSpace.reserve(threads * STRETCH_BYTES);
                SharedFrames frames = SharedFrames.create("differential", STRETCH * PAGE);
                ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            final List<Future<?>> running = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                final Stretch stretch =
                        new Stretch(space, frames, thread, new SplittableRandom(seed + thread));
                running.add(
                        pool.submit(() -> {
                            for (int step = 0; step < STEPS / threads; step++) {
                                stretch.step("seed %d, step %d".formatted(seed, step), step);
                            }
                        }));
            }
            for (final Future<?> thread : running) {
                thread.get();
            }
            space.validate();
        }
    }

    /** A stretch of pages, which one thread works on, and the model of it: an area a page. */
    private static final class Stretch {
        private final VirtualAddressSpace space;
        private final SharedFrames frames;
        private final SplittableRandom random;
        private final long base;
        private final @Nullable Area[] pages = new Area[STRETCH];

        Stretch(
                VirtualAddressSpace space,
                SharedFrames frames,
                int number,
                SplittableRandom random) {
            this.space = space;
            this.frames = frames;
            this.random = random;
            base = space.baseAddress() + number * STRETCH_BYTES;
        }

        void step(String at, int step) {
            final int first = random.nextInt(STRETCH);
            final int count = 1 + random.nextInt(Math.min(12, STRETCH - first));
            final String done = operate(first, count);
            final List<Area> expected = merged();
            final List<Area> found = new ArrayList<>();
            for (final Area area : space.areas()) {
                if (area.start() < base + STRETCH_BYTES && area.end() > base) {
                    found.add(clipped(area));
                }
            }
            assertThat(found).as("%s: %s at %d, %d", at, done, first, count).isEqualTo(expected);
            if (step % STEPS_PER_KERNEL_CHECK == 0) {
                final int from = (int) ((base - space.baseAddress()) / PAGE);
                final String[] kernel =
                        Arrays.copyOfRange(KernelMappings.permissions(space), from, from + STRETCH);
                final String[] model = new String[STRETCH];
                for (int page = 0; page < STRETCH; page++) {
                    final Area area = pages[page];
                    model[page] = area == null ? "---p" : KernelMappings.listed(area);
                }
                assertThat(kernel).as(at).isEqualTo(model);
            }
        }

        private Area clipped(Area area) {
            final Area tail = area.start() < base ? area.withStart(base) : area;
            final long end = base + STRETCH_BYTES;
            return tail.end() > end ? tail.withEnd(end) : tail;
        }

        private String operate(int first, int count) {
            final Protection protection =
                    random.nextBoolean() ? Protection.READ_WRITE : Protection.READ;
            return switch (random.nextInt(11)) {
                case 0, 1 -> map(first, count, protection);
                case 2 -> replace(first, count, protection);
                case 3 -> mapStack(first, count);
                case 4 -> unmap(first, count, Holes.REFUSED);
                case 5 -> unmap(first, count, Holes.SKIPPED);
                case 6 -> protect(first, count, protection);
                case 7 -> commit(first, count);
                case 8 -> decommit(first, count);
                case 9 -> name(first, count);
                default -> resize(first, count);
            };
        }

        private String map(int first, int count, Protection protection) {
            final AreaRequest request = request(count, protection).at(base + first * PAGE);
            if (expect(all(first, count, page -> page == null), () -> space.map(request))) {
                fill(request, first, count, protection);
            }
            return "map " + request.kind;
        }

        private String replace(int first, int count, Protection protection) {
            final AreaRequest request = request(count, protection).replacing(base + first * PAGE);
            if (expect(noStackCut(first, count), () -> space.map(request))) {
                fill(request, first, count, protection);
            }
            return "replace by " + request.kind;
        }

        private String unmap(int first, int count, Holes holes) {
            final boolean can =
                    (holes == Holes.SKIPPED || all(first, count, page -> page != null))
                            && noStackCut(first, count);
            if (expect(can, () -> space.unmap(base + first * PAGE, count * PAGE, holes))) {
                Arrays.fill(pages, first, first + count, null);
            }
            return "unmap, holes " + holes;
        }

        private String commit(int first, int count) {
            final long address = base + first * PAGE;
            final boolean can =
                    all(first, count, page -> page != null && page.kind() == Area.Kind.RESERVED);
            if (expect(can, () -> space.commit(address, count * PAGE))) {
                fill(AreaRequest.anonymous(count * PAGE), first, count, Protection.READ_WRITE);
                RawMemory.storeLongPlain(address, first);
            }
            return "commit";
        }

        private String decommit(int first, int count) {
            final boolean can =
                    all(first, count, page -> page != null && page.kind() == Area.Kind.ANONYMOUS);
            if (expect(can, () -> space.decommit(base + first * PAGE, count * PAGE))) {
                fill(AreaRequest.reserved(count * PAGE), first, count, Protection.NONE);
            }
            return "decommit";
        }

        private AreaRequest request(int count, Protection protection) {
            final long bytes = count * PAGE;
            return switch (random.nextInt(3)) {
                case 0 -> AreaRequest.reserved(bytes);
                case 1 -> AreaRequest.anonymous(bytes).protection(protection);
                default ->
                        AreaRequest.frames(
                                        frames, random.nextInt(STRETCH - count + 1) * PAGE, bytes)
                                .protection(protection);
            };
        }

        private void fill(AreaRequest request, int first, int count, Protection protection) {
            for (int page = 0; page < count; page++) {
                final long start = base + (first + page) * PAGE;
                pages[first + page] =
                        new Area(
                                start,
                                start + PAGE,
                                request.kind,
                                request.kind == Area.Kind.RESERVED ? Protection.NONE : protection,
                                "",
                                PAGE,
                                request.backing,
                                request.backing == null ? 0 : request.offset + page * PAGE,
                                null);
            }
        }

        private String mapStack(int first, int count) {
            if (count < 3) {
                return "nothing";
            }
            final long address = base + first * PAGE;
            final AreaRequest request = AreaRequest.stack((count - 2) * PAGE).at(address);
            if (expect(all(first, count, page -> page == null), () -> space.map(request))) {
                final long end = address + count * PAGE;
                final StackLayout layout =
                        new StackLayout(address, address + PAGE, end - PAGE, end, Growth.DOWN);
                for (int page = 0; page < count; page++) {
                    final boolean guard = page == 0 || page == count - 1;
                    final long start = address + page * PAGE;
                    pages[first + page] =
                            new Area(
                                    start,
                                    start + PAGE,
                                    guard ? Area.Kind.GUARD : Area.Kind.STACK,
                                    guard ? Protection.NONE : Protection.READ_WRITE,
                                    "",
                                    PAGE,
                                    null,
                                    0,
                                    layout);
                }
            }
            return "map a stack";
        }

        private String protect(int first, int count, Protection protection) {
            final boolean overHoles = random.nextBoolean();
            final Predicate<@Nullable Area> can =
                    page -> page == null ? overHoles : page.kind().hasMemory();
            final boolean can2 = all(first, count, can) && noStackCut(first, count);
            if (expect(
                    can2,
                    () ->
                            space.protect(
                                    base + first * PAGE,
                                    count * PAGE,
                                    protection,
                                    overHoles ? Holes.SKIPPED : Holes.REFUSED))) {
                for (int page = first; page < first + count; page++) {
                    final Area area = pages[page];
                    pages[page] = area == null ? null : area.withProtection(protection);
                }
            }
            return "protect";
        }

        private String name(int first, int count) {
            final String name = random.nextBoolean() ? "a name" : "";
            final boolean can = all(first, count, page -> page != null) && noStackCut(first, count);
            if (expect(can, () -> space.name(base + first * PAGE, count * PAGE, name))) {
                for (int page = first; page < first + count; page++) {
                    final Area area = pages[page];
                    pages[page] = area == null ? null : area.withName(name);
                }
            }
            return "name";
        }

        /** Grows or shrinks what is at the first page, in place. */
        private String resize(int first, int count) {
            final Area area = pages[first];
            int now = 1;
            while (first + now < STRETCH
                    && now < 4
                    && continues(pages[first + now], pages[first + now - 1])) {
                now++;
            }
            final boolean kind =
                    area != null
                            && (area.kind() == Area.Kind.ANONYMOUS
                                    || area.kind() == Area.Kind.FRAMES);
            final boolean fits =
                    area != null
                            && (area.backing() == null
                                    || area.offset() + count * PAGE <= frames.bytes());
            boolean room = true;
            for (int page = first + now; page < first + count; page++) {
                room &= pages[page] == null;
            }
            final long bytes = now * PAGE;
            if (expect(
                    kind && fits && room,
                    () -> space.remap(base + first * PAGE, bytes, count * PAGE, Moving.REFUSED))) {
                for (int page = 0; area != null && page < Math.max(count, now); page++) {
                    final long start = base + (first + page) * PAGE;
                    final long offset = area.backing() == null ? 0 : area.offset() + page * PAGE;
                    pages[first + page] =
                            page >= count
                                    ? null
                                    : new Area(
                                            start,
                                            start + PAGE,
                                            area.kind(),
                                            area.protection(),
                                            area.name(),
                                            PAGE,
                                            area.backing(),
                                            offset,
                                            null);
                }
            }
            return "resize from " + now;
        }

        private static boolean continues(@Nullable Area area, @Nullable Area before) {
            return area != null && before != null && area.continues(before);
        }

        private boolean all(int first, int count, Predicate<@Nullable Area> such) {
            for (int page = first; page < first + count; page++) {
                if (!such.test(pages[page])) {
                    return false;
                }
            }
            return true;
        }

        private boolean noStackCut(int first, int count) {
            final long from = base + first * PAGE;
            final long to = from + count * PAGE;
            return all(
                    first,
                    count,
                    page -> {
                        final StackLayout stack = page == null ? null : page.stack();
                        return stack == null || (stack.start() >= from && stack.end() <= to);
                    });
        }

        private static boolean expect(boolean possible, Runnable operation) {
            boolean done;
            try {
                operation.run();
                done = true;
            } catch (VmemException refused) {
                done = false;
            }
            assertThat(done).as("whether it was done").isEqualTo(possible);
            return done;
        }

        private List<Area> merged() {
            final List<Area> areas = new ArrayList<>();
            for (final Area page : pages) {
                final int last = areas.size() - 1;
                if (page != null && last >= 0 && page.continues(areas.get(last))) {
                    areas.set(last, areas.get(last).withEnd(page.end()));
                } else if (page != null) {
                    areas.add(page);
                }
            }
            return areas;
        }
    }
}
