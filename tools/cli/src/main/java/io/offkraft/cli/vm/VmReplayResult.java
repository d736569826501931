// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came out of the replay of one log.
 *
 * @param log the file as given
 * @param lines how many lines it has
 * @param calls how many calls were replayed
 * @param threads on how many threads
 * @param spaceBytes how long the space was
 * @param areas how many areas there were at the end
 * @param committedBytes how many bytes of them have memory, touched or not
 * @param byCall the times, by name of the call
 * @param remarks what was not replayed, or not just as recorded
 * @param difference where the layout is not the model's; null if nowhere
 */
@JsonPropertyOrder({
    "log",
    "lines",
    "calls",
    "threads",
    "spaceBytes",
    "areas",
    "committedBytes",
    "byCall",
    "remarks",
    "difference"
})
public record VmReplayResult(
        String log,
        int lines,
        int calls,
        int threads,
        long spaceBytes,
        int areas,
        long committedBytes,
        List<OfCall> byCall,
        List<Remark> remarks,
        @Nullable LayoutDifference difference) {
    /**
     * The calls of one name.
     *
     * @param call the name
     * @param calls how many
     * @param nanosPerCall nanoseconds a call in the space
     * @param bareNanosPerCall the same made bare
     */
    @JsonPropertyOrder({"call", "calls", "nanosPerCall", "bareNanosPerCall"})
    public record OfCall(String call, int calls, double nanosPerCall, double bareNanosPerCall) {}
}
