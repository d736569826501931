// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A node of areas. */
final class AreaLeaf extends AreaNode {
    private final Area[] areas;

    private AreaLeaf(Area[] areas, long[] keys, long[] ends, long committed) {
        super(keys, ends, areas.length, committed, 0);
        this.areas = areas;
    }

    /** With another area for one that has the same addresses. */
    private AreaLeaf(AreaLeaf alike, int index, Area area) {
        super(alike, alike.committed - memory(alike.areas[index]) + memory(area));
        areas = alike.areas.clone();
        areas[index] = area;
    }

    static AreaLeaf of(Area... areas) {
        long[] starts = new long[areas.length];
        long[] ends = new long[areas.length];
        long sum = 0;
        for (int i = 0; i < areas.length; i++) {
            starts[i] = areas[i].start();
            ends[i] = areas[i].end();
            sum += memory(areas[i]);
        }
        return new AreaLeaf(areas, keysOf(starts), ends, sum);
    }

    private static long memory(Area area) {
        return area.kind().hasMemory() ? area.bytes() : 0;
    }

    @Nullable Area at(long address) {
        int index = floor(address);
        if (index < 0) {
            return null;
        }
        Area area = areas[index];
        return address < area.end() ? area : null;
    }

    @Override
    int height() {
        return 1;
    }

    @Override
    @Nullable Area endingAfter(long address) {
        int index = floor(address);
        if (index < 0 || ends[index] <= address) {
            index++;
        }
        return index < areas.length ? areas[index] : null;
    }

    @Override
    void forEach(long start, long end, Consumer<Area> action) {
        for (int i = Math.max(0, floor(start)); i < areas.length && start(i) < end; i++) {
            if (ends[i] > start) {
                action.accept(areas[i]);
            }
        }
    }

    @Override
    AreaNode[] with(Area area, boolean isLast) {
        int index = floor(area.start()) + 1;
        if (areas.length < MOST) {
            return new AreaNode[] {changed(index, index, committed + memory(area), area)};
        }
        Area[] all = spliced(areas, index, index, new Area[] {area});
        int cut = cut(all.length, isLast && index == areas.length);
        return new AreaNode[] {
            of(Arrays.copyOf(all, cut)), of(Arrays.copyOfRange(all, cut, all.length))
        };
    }

    @Override
    AreaNode withInstead(Area area) {
        int index = indexOf(area.start());
        return new AreaLeaf(this, index, area);
    }

    @Override
    @Nullable AreaNode withAloneOrNull(Area area, boolean isFirst, boolean isLast) {
        int index = floor(area.start());
        if (index < 0 || start(index) != area.start() || ends[index] != area.end()) {
            return null;
        }
        boolean touchesBefore = index == 0 ? !isFirst : ends[index - 1] == area.start();
        int next = index + 1;
        boolean touchesNext = next == areas.length ? !isLast : start(next) == area.end();
        return touchesBefore || touchesNext ? null : new AreaLeaf(this, index, area);
    }

    @Override
    @Nullable AreaNode without(long start) {
        int index = indexOf(start);
        return areas.length == 1
                ? null
                : changed(index, index + 1, committed - memory(areas[index]));
    }

    private int indexOf(long start) {
        int index = floor(start);
        if (index < 0 || start(index) != start) {
            throw new IllegalStateException("no area begins at 0x%x".formatted(start));
        }
        return index;
    }

    /** With other areas, of which there is one at most, for those of {@code [from, to)}. */
    private AreaLeaf changed(int from, int to, long sum, Area... with) {
        boolean any = with.length > 0;
        long[] newStarts = any ? new long[] {with[0].start()} : new long[0];
        long[] newEnds = any ? new long[] {with[0].end()} : new long[0];
        return new AreaLeaf(
                spliced(areas, from, to, with),
                splicedKeys(from, to, newStarts),
                spliced(ends, areas.length, from, to, newEnds),
                sum);
    }

    @Override
    AreaNode joinedTo(AreaNode next) {
        return of(joined(areas, ((AreaLeaf) next).areas));
    }

    @Override
    long gapIn(int index) {
        return -1;
    }

    @Override
    long firstFitIn(int index, long low, long high, long bytes, long alignment) {
        return -1;
    }

    @Override
    long largestHoleIn(int index, long low, long high, long best) {
        return best;
    }

    @Override
    void validate(boolean isLast) {
        super.requireSame(of(areas));
    }
}
