// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.replay;

import io.offkraft.workload.allocator.Blocks;
import io.offkraft.workload.allocator.Crew;

/**
 * Rounds of a plan on one instance of an allocator and one set of threads, which keep from round to
 * round what they have cached, as in a program that runs on.
 *
 * <p><b>Thread safety:</b> one thread.
 */
public final class TimedRounds implements AutoCloseable {
    private final ReplayPlan plan;
    private final Blocks blocks;
    private final Crew crew;
    private final TimedReplay replay;
    private final Handover handover;

    /** Takes over {@code blocks} and {@code crew}, whose threads are as many as the plan's. */
    public TimedRounds(ReplayPlan plan, Blocks blocks, Crew crew) {
        this.plan = plan;
        this.blocks = blocks;
        this.crew = crew;
        this.replay = new TimedReplay(plan, blocks);
        this.handover = new Handover(plan.trace().objects());
    }

    /**
     * Runs one round and returns its time: the calls and one write a page, freeing what is left
     * over not included.
     */
    public long nanos() {
        return nanos(() -> {}, () -> {});
    }

    /**
     * Runs one round and returns its time.
     *
     * @param beforeStart run when the threads are lined up and nothing has been allocated in this
     *     round
     * @param afterEnd run when the last call is made and what is left over is still there
     * @throws ReplayOutOfMemoryException if the allocator ran out of memory; everything is freed
     *     then
     * @throws AllocatorException if the allocator threw; what it holds then goes when this is
     *     closed
     */
    public long nanos(Runnable beforeStart, Runnable afterEnd) {
        Round round = new Round(replay, handover, crew);
        round.run(beforeStart);
        afterEnd.run();
        int exhaustedAt = handover.exhaustedAt(); // the next pass resets it
        LiveObjects live = LiveObjects.after(plan, round.callsMade());
        new Round(new LeftOver(live, blocks), handover, crew).run(() -> {});
        if (exhaustedAt != Handover.NONE) {
            throw new ReplayOutOfMemoryException(
                    plan.trace(), exhaustedAt, blocks.limitBytes(), live);
        }
        return round.nanos();
    }

    /** Ends the threads and gives the allocator's memory back. */
    @Override
    public void close() {
        crew.close();
        blocks.close();
    }
}
