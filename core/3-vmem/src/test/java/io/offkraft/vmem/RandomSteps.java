// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import static io.offkraft.vmem.PageAreas.PAGE;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Random operations of every sort on a space of few pages, with what each does to the model. */
final class RandomSteps {
    static final int PAGES = 64;

    /** No kernel has huge pages of 64 KiB set aside in a pool of its own on x86-64. */
    static final int HUGE_PAGES = 16;

    private static final int LENGTH_MAX = 8;
    private static final List<Protection> PROTECTIONS = List.of(Protection.values());
    private static final List<Advice> ADVICE =
            List.of(
                    Advice.NORMAL,
                    Advice.RANDOM,
                    Advice.SEQUENTIAL,
                    Advice.WILL_NEED,
                    Advice.DONT_NEED,
                    Advice.NO_HUGE_PAGE,
                    Advice.COLD);

    /**
     * An operation.
     *
     * @param text what it is, for people
     * @param can whether the space must carry it out, if the kernel does
     * @param call calls the space; the model tells where its pages are
     * @param effect what it does to the model
     * @param mayLoseContents whether a refused call may have done a part that shows in contents
     */
    record Step(
            String text,
            Predicate<PageAreas> can,
            Calling call,
            Consumer<PageAreas> effect,
            boolean mayLoseContents) {
        @Override
        public String toString() {
            return text;
        }
    }

    /** The call of an operation. */
    @FunctionalInterface
    interface Calling {
        void on(VirtualAddressSpace space, PageAreas model);
    }

    private final SplittableRandom random;
    private final SharedFrames frames;
    private final MappedFile file;

    /** What the steps so far make; random steps go where something is. */
    private final PageAreas drawn = new PageAreas(1L << 30, PAGES);

    private int first;
    private int count;

    RandomSteps(SplittableRandom random, SharedFrames frames, MappedFile file) {
        this.random = random;
        this.frames = frames;
        this.file = file;
    }

    List<Step> draw(int length) {
        final List<Step> steps = new ArrayList<>();
        for (int step = 0; step < length; step++) {
            chooseRange();
            final Step next = step < length / 4 ? map() : next();
            if (next.can.test(drawn)) {
                next.effect.accept(drawn);
            }
            steps.add(next);
        }
        return steps;
    }

    /** Most often a part of an area, at times of two or of anything. */
    private void chooseRange() {
        final List<Area> areas = drawn.merged();
        if (areas.isEmpty() || random.nextInt(4) == 0) {
            first = random.nextInt(PAGES);
            count = 1 + random.nextInt(Math.min(LENGTH_MAX, PAGES - first));
            return;
        }
        final int chosen = random.nextInt(areas.size());
        final Area area = areas.get(chosen);
        final Area last = areas.get(Math.min(areas.size() - 1, chosen + random.nextInt(2)));
        first = drawn.index(area.start()) + random.nextInt(2) * random.nextInt(pagesOf(area));
        final int most = drawn.index(last.end()) - first;
        count = random.nextBoolean() ? most : 1 + random.nextInt(most);
    }

    private static int pagesOf(Area area) {
        return (int) (area.bytes() / PAGE);
    }

    private Step next() {
        return switch (random.nextInt(19)) {
            case 0, 1 -> map();
            case 2, 3 -> replace();
            case 4 -> unmap();
            case 5, 6 -> protect();
            case 7, 8 -> advise();
            case 9 -> populate();
            case 10, 11, 12 -> remap();
            case 13 -> lock();
            case 14 -> name();
            case 15 -> commitOrDecommit();
            case 16 -> discardOrSync();
            case 17 -> ring();
            default -> placeOrLook();
        };
    }

    private AreaRequest request(long bytes) {
        final int sort = random.nextInt(7);
        final int offset = random.nextInt(2);
        final AreaRequest request =
                switch (sort) {
                    case 0 -> AreaRequest.reserved(bytes);
                    case 1, 2 -> AreaRequest.anonymous(bytes);
                    case 3 ->
                            AreaRequest.anonymous(HUGE_PAGES * PAGE)
                                    .hugetlbOrTransparent(HUGE_PAGES * PAGE);
                    case 4 ->
                            AreaRequest.frames(
                                    frames, offset * PAGE, Math.min(bytes, frames.bytes() - PAGE));
                    case 5 -> AreaRequest.fileShared(file, offset * PAGE, bytes);
                    default -> AreaRequest.filePrivate(file, offset * PAGE, bytes);
                };
        if (sort != 0) {
            request.protection(random.nextInt(3) == 0 ? Protection.READ : Protection.READ_WRITE);
            furnish(request);
        }
        return random.nextInt(3) == 0 ? request.named("n" + random.nextInt(2)) : request;
    }

    private void furnish(AreaRequest request) {
        switch (random.nextInt(8)) {
            case 0, 1 -> request.populated();
            case 2 -> request.lockedInMemory();
            case 3 -> request.numa(NumaPolicy.preferred(0));
            case 4 -> request.transparentHuge();
            case 5 -> request.populated().numa(NumaPolicy.bind(0)).lockedInMemory();
            default -> request.protection(Protection.READ_WRITE);
        }
    }

    private Step map() {
        final AreaRequest request =
                random.nextInt(4) == 0
                        ? AreaRequest.stack(2 * PAGE)
                                .precommitted(PAGE)
                                .growing(random.nextBoolean() ? Growth.DOWN : Growth.UP)
                        : request(count * PAGE);
        final int pages = (int) (request.totalBytes() / PAGE);
        if (random.nextBoolean()) {
            return step(
                    "map " + request.kind,
                    model -> model.firstFitOrMinus1(pages, request.alignment) >= 0,
                    (space, _) -> space.map(request),
                    model -> model.put(model.firstFitOrMinus1(pages, request.alignment), request));
        }
        final int at = aligned(request);
        return step(
                "map %s at %d".formatted(request.kind, at),
                model -> at + pages <= PAGES && model.isHole(at, pages),
                (space, model) -> {
                    request.at(model.address(at));
                    try {
                        space.map(request);
                    } finally {
                        request.at(-1);
                    }
                },
                model -> model.put(at, request));
    }

    private Step replace() {
        final AreaRequest request = request(count * PAGE);
        final int pages = (int) (request.bytes / PAGE);
        final int at = aligned(request);
        return step(
                "replace %d+%d by %s".formatted(at, pages, request.kind),
                model -> at + pages <= PAGES && model.cutsNoStack(at, pages),
                (space, model) -> space.map(request.replacing(model.address(at))),
                model -> model.put(at, request));
    }

    private int aligned(AreaRequest request) {
        final int unit = (int) (request.alignment / PAGE);
        return first / unit * unit;
    }

    private Step unmap() {
        final int at = first;
        final int pages = count;
        final Holes holes = holes();
        return step(
                "unmap %d+%d, holes %s".formatted(at, pages, holes),
                model ->
                        (holes == Holes.SKIPPED || model.isWithoutHoles(at, pages))
                                && model.cutsNoStack(at, pages),
                (space, model) -> space.unmap(model.address(at), pages * PAGE, holes),
                model -> model.empty(at, pages));
    }

    private Step protect() {
        final int at = first;
        final int pages = count;
        final Holes holes = holes();
        final Protection protection = PROTECTIONS.get(random.nextInt(PROTECTIONS.size()));
        return step(
                "protect %d+%d %s, holes %s".formatted(at, pages, protection, holes),
                model -> model.haveMemory(at, pages, holes) && model.cutsNoStack(at, pages),
                (space, model) -> space.protect(model.address(at), pages * PAGE, protection, holes),
                model -> model.change(at, pages, area -> area.withProtection(protection)));
    }

    private Step advise() {
        final int at = first;
        final int pages = count;
        final Holes holes = holes();
        final Advice advice = ADVICE.get(random.nextInt(ADVICE.size()));
        return new Step(
                "advise %d+%d %s, holes %s".formatted(at, pages, advice, holes),
                model -> model.haveMemory(at, pages, holes),
                (space, model) -> space.advise(model.address(at), pages * PAGE, advice, holes),
                _ -> {},
                advice == Advice.DONT_NEED);
    }

    private Step populate() {
        final int at = first;
        final int pages = count;
        return step(
                "populate %d+%d".formatted(at, pages),
                model ->
                        model.haveMemory(at, pages, Holes.REFUSED)
                                && model.all(
                                        at,
                                        pages,
                                        area ->
                                                area != null
                                                        && area.protection() != Protection.NONE),
                (space, model) -> space.populate(model.address(at), pages * PAGE),
                _ -> {});
    }

    private Step remap() {
        final int at = first;
        final int pages = count;
        final int longer = 1 + random.nextInt(LENGTH_MAX);
        final Moving moving = random.nextInt(3) == 0 ? Moving.REFUSED : Moving.ALLOWED;
        return step(
                "remap %d+%d to %d, moving %s".formatted(at, pages, longer, moving),
                model ->
                        canBeRemapped(model, at, pages, longer)
                                && target(model, at, pages, longer, moving) >= 0,
                (space, model) ->
                        space.remap(model.address(at), pages * PAGE, longer * PAGE, moving),
                model -> {
                    final int target = target(model, at, pages, longer, moving);
                    final Area area = model.page(at);
                    model.empty(at, pages);
                    if (area != null) {
                        model.put(target, longer, area);
                    }
                });
    }

    private boolean canBeRemapped(PageAreas model, int at, int pages, int longer) {
        final Area area = model.page(at);
        if (area == null || !model.isOneArea(at, pages)) {
            return false;
        }
        return switch (area.kind()) {
            case ANONYMOUS, FILE_SHARED, FILE_PRIVATE -> true;
            case FRAMES -> area.offset() + longer * PAGE <= frames.bytes();
            case RESERVED, STACK, GUARD -> false;
        };
    }

    private static int target(PageAreas model, int at, int pages, int longer, Moving moving) {
        if (longer <= pages || (at + longer <= PAGES && model.isHole(at + pages, longer - pages))) {
            return at;
        }
        return moving == Moving.REFUSED ? -1 : model.firstFitOrMinus1(longer, PAGE);
    }

    private Step lock() {
        final int at = first;
        final int pages = count;
        final boolean lock = random.nextInt(3) > 0;
        return step(
                "%s %d+%d".formatted(lock ? "lock" : "unlock", at, pages),
                model -> model.haveMemory(at, pages, Holes.REFUSED),
                (space, model) -> {
                    if (lock) {
                        space.lockInMemory(model.address(at), pages * PAGE);
                    } else {
                        space.unlockInMemory(model.address(at), pages * PAGE);
                    }
                },
                _ -> {});
    }

    private Step name() {
        final int at = first;
        final int pages = count;
        final String name = random.nextBoolean() ? "" : "n" + random.nextInt(2);
        return step(
                "name %d+%d \"%s\"".formatted(at, pages, name),
                model -> model.isWithoutHoles(at, pages) && model.cutsNoStack(at, pages),
                (space, model) -> space.name(model.address(at), pages * PAGE, name),
                model -> model.change(at, pages, area -> area.withName(name)));
    }

    private Step commitOrDecommit() {
        final int at = first;
        final int pages = count;
        final long bytes = pages * PAGE;
        return random.nextBoolean()
                ? step(
                        "commit %d+%d".formatted(at, pages),
                        model -> model.are(at, pages, Area.Kind.RESERVED),
                        (space, model) -> space.commit(model.address(at), bytes),
                        model -> model.put(at, AreaRequest.anonymous(bytes)))
                : step(
                        "decommit %d+%d".formatted(at, pages),
                        model -> model.are(at, pages, Area.Kind.ANONYMOUS),
                        (space, model) -> space.decommit(model.address(at), bytes),
                        model -> model.put(at, AreaRequest.reserved(bytes)));
    }

    private Step discardOrSync() {
        final int at = first;
        final int pages = count;
        return random.nextInt(3) == 0
                ? new Step(
                        "discard %d+%d".formatted(at, pages),
                        model -> model.are(at, pages, Area.Kind.ANONYMOUS),
                        (space, model) -> space.discard(model.address(at), pages * PAGE),
                        _ -> {},
                        true)
                : step(
                        "sync %d+%d".formatted(at, pages),
                        model -> model.are(at, pages, Area.Kind.FILE_SHARED),
                        (space, model) -> space.sync(model.address(at), pages * PAGE),
                        _ -> {});
    }

    private Step ring() {
        final int pages = (int) (frames.bytes() / PAGE);
        final AreaRequest once = AreaRequest.frames(frames, 0, frames.bytes());
        return step(
                "map a ring",
                model -> model.firstFitOrMinus1(2 * pages, PAGE) >= 0,
                (space, _) -> space.mapRing(frames),
                model -> {
                    final int target = model.firstFitOrMinus1(2 * pages, PAGE);
                    model.put(target, once);
                    model.put(target + pages, once);
                });
    }

    private Step placeOrLook() {
        final int at = first;
        final int pages = count;
        return random.nextBoolean()
                ? step(
                        "numa %d+%d".formatted(at, pages),
                        model -> model.haveMemory(at, pages, Holes.REFUSED),
                        (space, model) ->
                                space.numa(
                                        model.address(at), pages * PAGE, NumaPolicy.preferred(0)),
                        _ -> {})
                : step(
                        "residentBytes %d+%d".formatted(at, pages),
                        _ -> true,
                        (space, model) -> space.residentBytes(model.address(at), pages * PAGE),
                        _ -> {});
    }

    private Holes holes() {
        return random.nextBoolean() ? Holes.SKIPPED : Holes.REFUSED;
    }

    private static Step step(
            String text, Predicate<PageAreas> can, Calling call, Consumer<PageAreas> effect) {
        return new Step(text.toLowerCase(Locale.ROOT), can, call, effect, false);
    }
}
