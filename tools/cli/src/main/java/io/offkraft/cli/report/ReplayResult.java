// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.report;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import org.jspecify.annotations.Nullable;

/**
 * One trace on one allocator. The components are the JSON's fields, by name and in order.
 *
 * @param trace the file as given
 * @param allocator its label
 * @param operations the calls replayed
 * @param threads the threads that made them
 * @param nanosPerOperation wall time from the start of all threads to the end of the last, over
 *     operations; the median of the rounds
 * @param peakLiveBytes the most bytes that were live at once by the trace's own order, as asked for
 * @param peakResidentBytes the growth of the anonymous resident set over a round, at its peak; null
 *     if unknown
 * @param overlaps blocks that shared bytes with another; null if not verified, as the next three
 * @param corruptions blocks whose content, zeroes or alignment were not as promised
 * @param misuses correct calls that the allocator rejected
 * @param leaks blocks that the allocator counts as live after all were freed; null also if it does
 *     not count
 */
@JsonPropertyOrder({
    "trace",
    "allocator",
    "operations",
    "threads",
    "nanosPerOperation",
    "peakLiveBytes",
    "peakResidentBytes",
    "overlaps",
    "corruptions",
    "misuses",
    "leaks"
})
public record ReplayResult(
        String trace,
        String allocator,
        long operations,
        int threads,
        double nanosPerOperation,
        long peakLiveBytes,
        @Nullable Long peakResidentBytes,
        @Nullable Long overlaps,
        @Nullable Long corruptions,
        @Nullable Long misuses,
        @Nullable Long leaks) {}
