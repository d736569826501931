// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.bench;

import io.offkraft.workload.allocator.AllocatorKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Figures as a table: a row a workload and number of threads, a column an allocator.
 *
 * @param allocators the columns' labels
 * @param rows in the order of the figures
 */
record Grid<T>(List<String> allocators, List<Row<T>> rows) {
    /**
     * One row.
     *
     * @param workload the workload's label
     * @param threads the threads that took part
     * @param cells by the allocator's label; what was not measured is missing
     */
    record Row<T>(String workload, int threads, Map<String, T> cells) {
        @Nullable T cellOrNull(String allocator) {
            return cells.get(allocator);
        }
    }

    private record Key(String workload, int threads) {}

    /** Returns the figures of a section; there may be none. */
    static Grid<Figure> timed(List<Figure> figures, Section section) {
        return of(
                figures.stream()
                        .filter(figure -> figure.section().equals(section.label()))
                        .toList(),
                section,
                Figure::allocator,
                figure -> new Key(figure.workload(), figure.threads()));
    }

    /** Returns the numbers of a section; there may be none. */
    static Grid<CountedFigure.Value> counted(CountedFigure counted, Section section) {
        return of(
                counted.values().stream()
                        .filter(value -> value.section().equals(section.label()))
                        .toList(),
                section,
                CountedFigure.Value::allocator,
                value -> new Key(value.workload(), value.threads()));
    }

    private static <T> Grid<T> of(
            List<T> figures, Section section, Function<T, String> allocator, Function<T, Key> key) {
        Set<String> columns = new HashSet<>();
        Map<Key, Map<String, T>> rows = new LinkedHashMap<>();
        for (T figure : figures) {
            columns.add(allocator.apply(figure));
            rows.computeIfAbsent(key.apply(figure), _ -> new LinkedHashMap<>())
                    .put(allocator.apply(figure), figure);
        }
        List<Row<T>> all = new ArrayList<>();
        rows.forEach((at, cells) -> all.add(new Row<>(at.workload(), at.threads(), cells)));
        return new Grid<>(columns.stream().sorted(order(section)).toList(), all);
    }

    /** The baseline first, the others as they are known. */
    private static Comparator<String> order(Section section) {
        List<String> known =
                Arrays.stream(AllocatorKind.values()).map(AllocatorKind::label).toList();
        String baseline = section.baseline().label();
        return Comparator.comparingInt(label -> label.equals(baseline) ? -1 : known.indexOf(label));
    }
}
