// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.replay;

import io.offkraft.cli.replay.Findings.Kind;
import io.offkraft.workload.allocator.Blocks;
import io.offkraft.workload.allocator.Crew;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A whole verified replay: every call checked, everything freed, the allocator's own count
 * compared.
 */
public final class Verification {
    private Verification() {}

    /**
     * Replays {@code plan} once on {@code blocks}, an instance of its own.
     *
     * @param crew threads for it alone; they have ended on return, so that their caches hold
     *     nothing
     * @param lines takes descriptions of what is found first
     * @throws ReplayOutOfMemoryException if the allocator ran out of memory; everything is freed
     *     then
     */
    public static Verdict run(ReplayPlan plan, Blocks blocks, Crew crew, Consumer<String> lines) {
        Findings findings = new Findings(lines);
        VerifiedReplay replay = new VerifiedReplay(plan, blocks, findings);
        Handover handover = new Handover(plan.trace().objects());
        LiveObjects live;
        try (crew) {
            Round round = new Round(replay, handover, crew);
            round.run(() -> {});
            live = LiveObjects.after(plan, round.callsMade());
            replay.freeAll(live);
        }
        if (handover.exhaustedAt() != Handover.NONE) {
            throw new ReplayOutOfMemoryException(
                    plan.trace(), handover.exhaustedAt(), blocks.limitBytes(), live);
        }
        Long leaks = leaks(blocks, replay.abandonedBlocks(), findings);
        return new Verdict(
                findings.count(Kind.OVERLAP),
                findings.count(Kind.CORRUPTION),
                findings.count(Kind.MISUSE),
                leaks,
                live.count());
    }

    private static @Nullable Long leaks(Blocks blocks, long abandoned, Findings findings) {
        OptionalLong counted = blocks.liveBlocks();
        if (counted.isEmpty()) {
            return null;
        }
        long leaks = Math.max(0, counted.getAsLong() - abandoned);
        if (leaks > 0) {
            findings.add(
                    Kind.LEAK, leaks, leaks + " blocks are live in the allocator after all frees");
        }
        return leaks;
    }
}
