// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.bench;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.List;

/**
 * A figure that is counted and not timed, of all cases that have it.
 *
 * @param name its name for programs
 * @param title its heading
 * @param unit what its numbers are
 * @param values one an allocator and case
 */
@JsonPropertyOrder({"name", "title", "unit", "values"})
public record CountedFigure(String name, String title, Unit unit, List<Value> values) {
    /** What the numbers are. */
    public enum Unit {
        /** Bytes, shown as KiB, MiB and so on. */
        BYTES,
        /** Bytes for each block, a decimal. */
        BYTES_A_BLOCK
    }

    /**
     * One number.
     *
     * @param section the label of the section
     * @param workload its label
     * @param threads the threads that took part
     * @param allocator its label
     * @param value the number
     */
    @JsonPropertyOrder({"section", "workload", "threads", "allocator", "value"})
    public record Value(
            String section, String workload, int threads, String allocator, double value) {}
}
