// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

import io.offkraft.cli.vm.Operation.Source;
import io.offkraft.vmem.Area;
import io.offkraft.vmem.Protection;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.PageOrder;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Compares, page by page, what the model, a space and the kernel say is there. */
final class LayoutComparison {
    private static final String HOLE = "a hole";

    private final VmPlan plan;
    private final long base;
    private final @Nullable Area[] areas;
    private final @Nullable KernelPage[] kernel;

    private LayoutComparison(VmPlan plan, VirtualAddressSpace space) {
        this.plan = plan;
        base = space.baseAddress();
        int pages = plan.model().pages();
        areas = new @Nullable Area[pages];
        for (Area area : space.areas()) {
            Arrays.fill(areas, page(area.start()), page(area.end()), area);
        }
        kernel = KernelPage.of(base, pages);
    }

    /** Returns where the layouts differ; empty if they are the same. */
    static Optional<LayoutDifference> of(VmPlan plan, VirtualAddressSpace space) {
        return new LayoutComparison(plan, space).difference();
    }

    private Optional<LayoutDifference> difference() {
        int first = -1;
        int differing = 0;
        for (int page = 0; page < areas.length; page++) {
            if (!isSame(page)) {
                first = first < 0 ? page : first;
                differing++;
            }
        }
        if (first < 0) {
            return Optional.empty();
        }
        long offset = (long) first << PageOrder.PAGE_SHIFT;
        return Optional.of(
                new LayoutDifference(
                        "0x%x".formatted(plan.addresses().recordedAt(offset)),
                        "0x%x".formatted(base + offset),
                        model(first),
                        space(first),
                        Objects.toString(kernel[first], "nothing"),
                        plan.model().line(first),
                        differing));
    }

    private boolean isSame(int page) {
        LayoutModel model = plan.model();
        Area area = areas[page];
        KernelPage listed = kernel[page];
        if (listed == null) {
            return false;
        }
        if (model.isHole(page)) {
            return area == null && listed.equals(KernelPage.HOLE);
        }
        return area != null
                && SpaceTarget.source(area) == model.source(page)
                && area.protection() == model.protection(page)
                && (model.source(page) == Source.ANONYMOUS
                        || filePage(area, page) == model.filePage(page))
                && listed.equals(expected(page));
    }

    private long filePage(Area area, int page) {
        long address = base + ((long) page << PageOrder.PAGE_SHIFT);
        return (area.offset() + (address - area.start())) >>> PageOrder.PAGE_SHIFT;
    }

    private KernelPage expected(int page) {
        LayoutModel model = plan.model();
        Source source = model.source(page);
        return new KernelPage(
                permissions(model.protection(page)) + (source == Source.FILE_SHARED ? "s" : "p"),
                source == Source.ANONYMOUS ? KernelPage.NO_FILE : model.filePage(page));
    }

    private static String permissions(Protection protection) {
        return switch (protection) {
            case NONE -> "---";
            case READ -> "r--";
            case READ_WRITE -> "rw-";
        };
    }

    private String model(int page) {
        LayoutModel model = plan.model();
        return model.isHole(page)
                ? HOLE
                : text(model.source(page), model.protection(page), model.filePage(page));
    }

    private String space(int page) {
        Area area = areas[page];
        return area == null
                ? HOLE
                : text(SpaceTarget.source(area), area.protection(), filePage(area, page));
    }

    private static String text(Source source, Protection protection, long filePage) {
        return source == Source.ANONYMOUS
                ? source + " " + protection
                : "%s %s page %d".formatted(source, protection, filePage);
    }

    private int page(long address) {
        return Math.toIntExact((address - base) >>> PageOrder.PAGE_SHIFT);
    }
}
