// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.bench;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.offkraft.cli.report.JsonReport;
import io.offkraft.workload.allocator.AllocatorKind;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * A whole benchmark. The components are the JSON's fields.
 *
 * @param date when it ended, as ISO 8601 has it
 * @param machine on what
 * @param options what the command line said
 * @param leftOut who did not take part and why, a line each
 * @param failures what failed or was found, a line each
 * @param figures what was timed
 * @param counted what was counted
 */
@JsonPropertyOrder({"date", "machine", "options", "leftOut", "failures", "figures", "counted"})
public record BenchReport(
        String date,
        Machine machine,
        Options options,
        List<String> leftOut,
        List<String> failures,
        List<Figure> figures,
        List<CountedFigure> counted) {
    /** Below this a peer counts as faster; nearer to 1, the machine decides. */
    static final double FASTER = 0.95;

    /** Above this a peer counts as slower. */
    static final double SLOWER = 1.05;

    /**
     * What the command line said.
     *
     * @param quick whether few rounds of few workloads were asked for
     * @param rounds timed rounds of each case
     * @param threads the numbers of threads
     * @param properties the properties of Offkraft that were set
     * @param seconds how long all took
     */
    @JsonPropertyOrder({"quick", "rounds", "threads", "properties", "seconds"})
    public record Options(
            boolean quick,
            int rounds,
            List<Integer> threads,
            Map<String, String> properties,
            long seconds) {}

    /** Returns the JSON document. */
    public String json() {
        return JsonReport.ofDocument(this);
    }

    /** Returns the geometric mean of an allocator's ratios in a section, if it has any. */
    OptionalDouble meanRatio(String section, String allocator) {
        OptionalDouble meanLog =
                figures.stream()
                        .filter(figure -> figure.section().equals(section))
                        .filter(figure -> figure.allocator().equals(allocator))
                        .map(Figure::ratio)
                        .filter(ratio -> ratio != null && ratio > 0)
                        .mapToDouble(BenchReport::log)
                        .average();
        return meanLog.isPresent()
                ? OptionalDouble.of(Math.exp(meanLog.getAsDouble()))
                : OptionalDouble.empty();
    }

    private static double log(@Nullable Double ratio) {
        return ratio == null ? 0 : Math.log(ratio);
    }

    /** Returns where Offkraft was slower than a peer, the worst first. */
    List<Figure> lost() {
        return figures.stream()
                .filter(figure -> isPeer(figure.allocator()))
                .filter(figure -> log(figure.ratio()) < Math.log(FASTER))
                .sorted((one, other) -> Double.compare(log(one.ratio()), log(other.ratio())))
                .toList();
    }

    private static boolean isPeer(String allocator) {
        return !allocator.startsWith("offkraft")
                && !allocator.startsWith("pages")
                && !allocator.equals(AllocatorKind.FLOOR.label());
    }
}
