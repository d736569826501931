// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.bench;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.offkraft.cli.worker.Timed;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One workload with so many threads on one allocator. The components are the JSON's fields.
 *
 * @param section the label of the section
 * @param workload its label
 * @param description what it is
 * @param threads the threads that took part
 * @param allocator its label
 * @param nanosPerBlock wall time over the blocks of all threads
 * @param ratio the median over that of the section's baseline in the same case; null if there is
 *     none
 * @param rounds what was measured
 */
@JsonPropertyOrder({
    "section",
    "workload",
    "description",
    "threads",
    "allocator",
    "nanosPerBlock",
    "ratio",
    "rounds"
})
public record Figure(
        String section,
        String workload,
        String description,
        int threads,
        String allocator,
        Spread nanosPerBlock,
        @Nullable Double ratio,
        List<Timed> rounds) {}
