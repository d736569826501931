// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.report;

import java.util.ArrayList;
import java.util.List;

/**
 * Rows of cells in aligned columns: the first columns to the left, numbers to the right.
 *
 * <p><b>Thread safety:</b> one thread.
 */
public final class TextTable {
    private static final String GAP = "  ";

    private final int leftColumns;
    private final List<List<String>> rows = new ArrayList<>();

    /** Creates a table whose first {@code leftColumns} columns are aligned to the left. */
    public TextTable(int leftColumns) {
        this.leftColumns = leftColumns;
    }

    /** Adds a row, which has as many cells as the others. */
    public void add(List<String> cells) {
        rows.add(List.copyOf(cells));
    }

    /** Returns the rows as lines, without blanks at their ends. */
    public String render() {
        StringBuilder text = new StringBuilder();
        int[] widths = widths();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < row.size(); column++) {
                line.append(column == 0 ? "" : GAP);
                line.append(padded(row.get(column), widths[column], column < leftColumns));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }

    private int[] widths() {
        int[] widths = new int[rows.getFirst().size()];
        for (List<String> row : rows) {
            for (int column = 0; column < widths.length; column++) {
                widths[column] = Math.max(widths[column], row.get(column).length());
            }
        }
        return widths;
    }

    private static String padded(String cell, int width, boolean left) {
        String blanks = " ".repeat(width - cell.length());
        return left ? cell + blanks : blanks + cell;
    }
}
