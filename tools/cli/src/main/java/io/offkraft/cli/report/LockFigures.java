// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.report;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;

/**
 * What happened to the locks of one class in one round. The components are the JSON's fields.
 *
 * @param lock the name of the class
 * @param acquisitions how often such a lock was acquired
 * @param contentions how often it was not free at once
 * @param waitNanos how long those waited that found it held; zeros if none did
 * @param holdNanos how long it was held
 */
@JsonPropertyOrder({"lock", "acquisitions", "contentions", "waitNanos", "holdNanos"})
public record LockFigures(
        String lock, long acquisitions, long contentions, Times waitNanos, Times holdNanos) {
    /**
     * A distribution in nanoseconds, to three digits.
     *
     * @param p50 the median
     * @param p99 what 99 of a hundred do not exceed
     * @param p999 what 999 of a thousand do not exceed
     * @param max the longest
     */
    @JsonPropertyOrder({"p50", "p99", "p999", "max"})
    public record Times(long p50, long p99, long p999, long max) {}

    /** Returns contentions in a hundred acquisitions. */
    double contentionPercent() {
        return acquisitions == 0 ? 0 : 100.0 * contentions / acquisitions;
    }
}
