// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.replay;

import io.offkraft.workload.allocator.Blocks;

/**
 * The calls of a plan and one write a page, with nothing around them: what is timed.
 *
 * <p>The loop allocates nothing, boxes nothing and shares nothing with other threads but the words
 * of objects that change threads.
 */
final class TimedReplay implements Replayer {
    private final ReplayPlan plan;
    private final Blocks blocks;

    TimedReplay(ReplayPlan plan, Blocks blocks) {
        this.plan = plan;
        this.blocks = blocks;
    }

    @Override
    public int replay(int thread, Handover handover) {
        ThreadPlan calls = plan.thread(thread);
        int call = 0;
        try {
            while (call < calls.calls() && makeOne(calls, call, handover)) {
                call++;
            }
            return call;
        } catch (RuntimeException e) {
            throw new AllocatorException(plan.trace(), calls.records()[call], e);
        }
    }

    /** Returns whether the call was made. */
    private boolean makeOne(ThreadPlan calls, int call, Handover handover) {
        long word = calls.words()[call];
        int object = calls.objects()[call];
        if (PlanWord.awaits(word) && !handover.awaitAcquire(object, calls.awaited()[call])) {
            return false;
        }
        if (handover.isStopped()) {
            return false;
        }
        if (!make(word, object)) {
            handover.stopExhausted(calls.records()[call]);
            return false;
        }
        if (PlanWord.touches(word)) {
            blocks.touch(object, PlanWord.sizeBytes(word));
        }
        if (PlanWord.publishes(word)) {
            handover.publishRelease(object, calls.records()[call]);
        }
        return true;
    }

    private boolean make(long word, int object) {
        return switch (PlanWord.code(word)) {
            case PlanWord.MALLOC ->
                    blocks.allocate(object, PlanWord.sizeBytes(word), PlanWord.alignLog2(word));
            case PlanWord.CALLOC -> blocks.allocateZeroed(object, PlanWord.sizeBytes(word));
            case PlanWord.REALLOC -> blocks.reallocate(object, PlanWord.sizeBytes(word));
            default -> {
                blocks.free(object);
                yield true;
            }
        };
    }
}
