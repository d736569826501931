// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.bench;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.offkraft.cli.worker.Timed;
import java.util.List;

/**
 * The middle of some values, and where the middle half of them lies.
 *
 * @param median the middle
 * @param lowerQuartile what a quarter of them do not exceed
 * @param upperQuartile what three quarters of them do not exceed
 */
@JsonPropertyOrder({"median", "lowerQuartile", "upperQuartile"})
public record Spread(double median, double lowerQuartile, double upperQuartile) {
    /** Returns that of nanoseconds for an operation; there is at least one round. */
    public static Spread ofNanosPerOperation(List<Timed> rounds) {
        return of(
                rounds.stream()
                        .map(round -> (double) round.nanos() / Math.max(1, round.operations()))
                        .toList());
    }

    /** Returns that of {@code values}, at least one, in any order. */
    static Spread of(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        return new Spread(at(sorted, 0.5), at(sorted, 0.25), at(sorted, 0.75));
    }

    /** Returns what lies so far along the sorted values, between two of them on a straight line. */
    private static double at(List<Double> sorted, double part) {
        double place = part * (sorted.size() - 1);
        int lower = (int) place;
        int upper = Math.min(lower + 1, sorted.size() - 1);
        double value =
                sorted.get(lower) + (place - lower) * (sorted.get(upper) - sorted.get(lower));
        return rounded(value);
    }

    /** Returns {@code value} to a thousandth. */
    public static double rounded(double value) {
        return Math.round(value * 1000) / 1000.0;
    }
}
