// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.sync.Synchronization;
import io.offkraft.word.PageOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Short histories of a few threads on a few pages, over and over. */
class LinearizabilityTest {
    private static final long PAGE = PageOrder.PAGE_BYTES;
    private static final int PAGES = 6;
    private static final int HOLES = 0;
    private static final String REFUSED = "refused";
    private static final boolean SMP = Synchronization.defaultChoice() != Synchronization.NONE;

    /** With SMP off one thread at a time is all that is allowed (L-14). */
    private static final int THREADS = SMP ? 3 : 1;

    private static final int OPERATIONS = 4;
    private static final int HISTORIES = Boolean.getBoolean("stress") ? 200_000 : 1_000;

    private final VirtualAddressSpace space = VirtualAddressSpace.reserve(PAGES * PAGE);
    private final long base = space.baseAddress();

    // The state of the model: a digit to the base 4 a page: 0 for a hole, else a protection.

    private static int get(int state, int page) {
        return (state >> (2 * page)) & 3;
    }

    private static int fill(int state, int first, int count, int what) {
        int filled = state;
        for (int page = first; page < first + count; page++) {
            filled = (filled & ~(3 << (2 * page))) | (what << (2 * page));
        }
        return filled;
    }

    private static boolean all(int state, int first, int count, boolean hole) {
        for (int page = first; page < first + count; page++) {
            if ((get(state, page) == 0) != hole) {
                return false;
            }
        }
        return true;
    }

    private static int code(Protection protection) {
        return switch (protection) {
            case NONE -> 1;
            case READ -> 2;
            case READ_WRITE -> 3;
        };
    }

    @Test
    @DisplayName("V-06 what threads see of a space is as if one call came after the other")
    void historiesAreLinearizable() throws Exception {
        final long seed = Long.getLong("seed", System.nanoTime());
        try (space;
                ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            for (int i = 0; i < HISTORIES; i++) {
                final History<Integer> history = runThreads(threads, seed + i);
                assertThat(history.isLinearizable(HOLES))
                        .as("history of seed %d:%s", seed + i, history)
                        .isTrue();
                space.validate();
                space.unmap(base, PAGES * PAGE, Holes.SKIPPED);
            }
        }
    }

    private History<Integer> runThreads(ExecutorService threads, long seed) throws Exception {
        final History<Integer> history = new History<>();
        final CyclicBarrier barrier = new CyclicBarrier(THREADS);
        final List<Future<?>> running = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
            final SplittableRandom random = new SplittableRandom(seed * THREADS + thread);
            running.add(
                    threads.submit(() -> {
                        barrier.await();
                        for (int i = 0; i < OPERATIONS; i++) {
                            runOne(history, random);
                        }
                        return null;
                    }));
        }
        for (final Future<?> thread : running) {
            thread.get();
        }
        return history;
    }

    private void runOne(History<Integer> history, SplittableRandom random) {
        final int first = random.nextInt(PAGES);
        final int count = 1 + random.nextInt(Math.min(3, PAGES - first));
        final long address = base + first * PAGE;
        final long bytes = count * PAGE;
        final Protection protection = random.nextBoolean() ? Protection.READ : Protection.NONE;
        switch (random.nextInt(6)) {
            case 0 ->
                    history.run(
                            "map at %d, %d".formatted(first, count),
                            () -> done(() -> space.mapAnonymousAt(address, bytes, protection)),
                            (state, result) ->
                                    after(
                                            all(state, first, count, true),
                                            result,
                                            state,
                                            fill(state, first, count, code(protection))));
            case 1 -> mapAnywhere(history, count);
            case 2 ->
                    history.run(
                            "unmap %d, %d".formatted(first, count),
                            () -> done(() -> space.unmap(address, bytes)),
                            (state, result) ->
                                    after(
                                            all(state, first, count, false),
                                            result,
                                            state,
                                            fill(state, first, count, 0)));
            case 3 ->
                    history.run(
                            "protect %d, %d, %s".formatted(first, count, protection),
                            () -> done(() -> space.protect(address, bytes, protection)),
                            (state, result) ->
                                    after(
                                            all(state, first, count, false),
                                            result,
                                            state,
                                            fill(state, first, count, code(protection))));
            case 4 ->
                    history.run(
                            "find %d".formatted(first),
                            () ->
                                    space.find(address)
                                            .map(area -> code(area.protection()))
                                            .orElse(0),
                            (state, result) ->
                                    result.equals(get(state, first)) ? List.of(state) : List.of());
            default ->
                    history.run(
                            "areas",
                            () -> stateOf(space.areas()),
                            (state, result) -> result.equals(state) ? List.of(state) : List.of());
        }
    }

    private void mapAnywhere(History<Integer> history, int count) {
        history.run(
                "map %d".formatted(count),
                () -> {
                    try {
                        final long at =
                                space.mapAnonymous(count * PAGE, PAGE, Protection.READ_WRITE)
                                        .start();
                        return (int) ((at - base) / PAGE);
                    } catch (VmemException noRoom) {
                        return REFUSED;
                    }
                },
                (state, result) -> {
                    if (result instanceof Integer page) {
                        return all(state, page, count, true)
                                ? List.of(fill(state, page, count, code(Protection.READ_WRITE)))
                                : List.of();
                    }
                    for (int page = 0; page + count <= PAGES; page++) {
                        if (all(state, page, count, true)) {
                            return List.of();
                        }
                    }
                    return List.of(state);
                });
    }

    private static List<Integer> after(boolean possible, Object result, int before, int changed) {
        if (result.equals(REFUSED)) {
            return possible ? List.of() : List.of(before);
        }
        return possible ? List.of(changed) : List.of();
    }

    private static Object done(Runnable operation) {
        try {
            operation.run();
            return "done";
        } catch (VmemException refused) {
            return REFUSED;
        }
    }

    private int stateOf(List<Area> areas) {
        int state = 0;
        for (final Area area : areas) {
            final int first = (int) ((area.start() - base) / PAGE);
            state = fill(state, first, (int) (area.bytes() / PAGE), code(area.protection()));
        }
        return state;
    }

    @Test
    @DisplayName("V-06 the search rejects a history of two calls that got the same pages")
    void searchRejectsAnOverlap() {
        final History<Integer> history = new History<>();
        for (int i = 0; i < 2; i++) {
            history.run(
                    "map 1 = 0",
                    () -> "done",
                    (state, result) ->
                            after(all(state, 0, 1, true), result, state, fill(state, 0, 1, 1)));
        }
        assertThat(history.isLinearizable(HOLES)).isFalse();
    }

    @Test
    @DisplayName("V-06 the search rejects a look that is older than a call that had ended")
    void searchRejectsAStaleLook() {
        final History<Integer> history = new History<>();
        history.run("map", () -> "done", (state, result) -> List.of(fill(state, 0, 1, 1)));
        history.run(
                "find",
                () -> 0,
                (state, result) -> result.equals(get(state, 0)) ? List.of(state) : List.of());
        assertThat(history.isLinearizable(HOLES)).isFalse();
    }
}
