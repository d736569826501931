// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.replay;

import io.offkraft.cli.replay.Findings.Kind;
import io.offkraft.cli.trace.Operation;
import io.offkraft.cli.trace.Trace;
import io.offkraft.oracle.OwnerWord;
import io.offkraft.oracle.ShadowMap;
import io.offkraft.oracle.Stamp;
import io.offkraft.word.Alignment;
import io.offkraft.word.RawMemory;
import io.offkraft.workload.allocator.Blocks;

/**
 * The calls of a plan with every answer of the allocator checked.
 *
 * <p>A block is claimed in a shadow map from its allocation until just before it is freed or
 * reallocated: the allocator may hand its bytes out again only from then on. In between it holds
 * its object's stamp over its whole length.
 *
 * <p>A block about which something was found that makes it unsafe to go on with (it overlaps
 * another, or the allocator rejected it) is left alone from then on, so that one fault is counted
 * once and the replay's own writes destroy nothing.
 *
 * <p><b>Thread safety:</b> as {@link Blocks}: an object is in one thread's hands at a time.
 */
final class VerifiedReplay implements Replayer {
    private final ReplayPlan plan;
    private final Trace trace;
    private final Blocks blocks;
    private final Findings findings;
    private final ShadowMap map = new ShadowMap();

    /** The size of each object as last asked for, of those that are claimed. */
    private final long[] sizes;

    private final long[] owners;
    private final boolean[] abandoned;

    VerifiedReplay(ReplayPlan plan, Blocks blocks, Findings findings) {
        this.plan = plan;
        this.trace = plan.trace();
        this.blocks = blocks;
        this.findings = findings;
        this.sizes = new long[trace.objects()];
        this.owners = new long[trace.objects()];
        this.abandoned = new boolean[trace.objects()];
    }

    @Override
    public int replay(int thread, Handover handover) {
        ThreadPlan calls = plan.thread(thread);
        for (int call = 0; call < calls.calls(); call++) {
            long word = calls.words()[call];
            int object = calls.objects()[call];
            int record = calls.records()[call];
            if (PlanWord.awaits(word) && !handover.awaitAcquire(object, calls.awaited()[call])) {
                return call;
            }
            if (handover.isStopped()) {
                return call;
            }
            if (!make(record)) {
                handover.stopExhausted(record);
                return call;
            }
            if (PlanWord.publishes(word)) {
                handover.publishRelease(object, record);
            }
        }
        return calls.calls();
    }

    /** Checks and frees the objects that the program never freed. */
    void freeAll(LiveObjects live) {
        for (int object : live.objects()) {
            free(object, OwnerWord.site(owners[object]));
        }
    }

    /**
     * Returns the number of blocks that were left alone; the allocator may rightly take them to be
     * live.
     */
    long abandonedBlocks() {
        long count = 0;
        for (boolean isAbandoned : abandoned) {
            count += isAbandoned ? 1 : 0;
        }
        return count;
    }

    /** Returns whether there was memory for the call. */
    private boolean make(int record) {
        int object = trace.object(record);
        return switch (trace.operation(record)) {
            case MALLOC, CALLOC -> allocate(object, record);
            case REALLOC -> reallocate(object, record);
            case FREE -> {
                free(object, record);
                yield true;
            }
        };
    }

    private boolean allocate(int object, int record) {
        long size = trace.sizeBytes(record);
        int alignLog2 = trace.alignLog2(record);
        boolean zeroed = trace.operation(record) == Operation.CALLOC;
        owners[object] = OwnerWord.of(object, record);
        try {
            boolean found =
                    zeroed
                            ? blocks.allocateZeroed(object, size)
                            : blocks.allocate(object, size, alignLog2);
            if (!found) {
                return false;
            }
        } catch (RuntimeException e) {
            rejected(object, record, e);
            return true;
        }
        checkAlignment(object, record, alignLog2);
        if (claim(object, size)) {
            if (zeroed) {
                checkZero(object, record);
            }
            Stamp.fill(blocks.address(object), 0, size, object);
        }
        return true;
    }

    private boolean reallocate(int object, int record) {
        if (abandoned[object]) {
            return true;
        }
        long oldSize = sizes[object];
        checkStamp(object, record, oldSize, "before");
        release(object, record);
        try {
            if (!blocks.reallocate(object, trace.sizeBytes(record))) {
                claim(object, oldSize); // it is where it was, and its own again
                return false;
            }
        } catch (RuntimeException e) {
            rejected(object, record, e);
            return true;
        }
        owners[object] = OwnerWord.of(object, record);
        checkAlignment(object, record, 0);
        long size = trace.sizeBytes(record);
        if (claim(object, size)) {
            checkStamp(object, record, Math.min(oldSize, size), "after");
            Stamp.fill(blocks.address(object), Math.min(oldSize, size), size, object);
        }
        return true;
    }

    private void free(int object, int record) {
        if (abandoned[object]) {
            return;
        }
        checkStamp(object, record, sizes[object], "before");
        release(object, record);
        try {
            blocks.free(object);
        } catch (RuntimeException e) {
            rejected(object, record, e);
        }
    }

    /**
     * Claims {@code size} bytes of the object's block; an overlap is counted and the block
     * abandoned.
     */
    private boolean claim(int object, long size) {
        sizes[object] = size;
        long other = map.claim(blocks.address(object), size, owners[object]);
        if (other == OwnerWord.NOBODY) {
            return true;
        }
        abandoned[object] = true;
        findings.add(
                Kind.OVERLAP,
                "%s and %s share bytes of [0x%x, +%d)"
                        .formatted(
                                owner(owners[object]), owner(other), blocks.address(object), size));
        return false;
    }

    private void release(int object, int record) {
        long found = map.release(blocks.address(object), sizes[object], owners[object]);
        if (found != owners[object]) {
            findings.add(
                    Kind.OVERLAP,
                    "%s is no longer alone in its block at record %d: %s"
                            .formatted(owner(owners[object]), record, owner(found)));
        }
    }

    private void checkAlignment(int object, int record, int alignLog2) {
        long address = blocks.address(object);
        long alignment =
                alignLog2 == 0 ? blocks.naturalAlignment(trace.sizeBytes(record)) : 1L << alignLog2;
        if (!Alignment.isAligned(address, alignment)) {
            findings.add(
                    Kind.CORRUPTION,
                    "%s is at 0x%x, which is not aligned to %d"
                            .formatted(owner(owners[object]), address, alignment));
        }
    }

    private void checkZero(int object, int record) {
        long address = blocks.address(object);
        long offset = Stamp.firstNonZero(address, trace.sizeBytes(record));
        if (offset != Stamp.INTACT) {
            findings.add(
                    Kind.CORRUPTION,
                    "%s holds 0x%02x at offset %d; it has to be zero"
                            .formatted(
                                    owner(owners[object]),
                                    RawMemory.loadBytePlain(address + offset),
                                    offset));
        }
    }

    /**
     * Checks the first {@code bytes} bytes; what is wrong is counted and stamped anew, so that it
     * is counted once.
     */
    private void checkStamp(int object, int record, long bytes, String when) {
        long address = blocks.address(object);
        long offset = Stamp.firstMismatch(address, bytes, object);
        if (offset == Stamp.INTACT) {
            return;
        }
        findings.add(
                Kind.CORRUPTION,
                "%s holds 0x%02x instead of 0x%02x at offset %d of %d %s record %d (%s)"
                        .formatted(
                                owner(owners[object]),
                                RawMemory.loadBytePlain(address + offset),
                                Stamp.expectedByte(object, offset),
                                offset,
                                bytes,
                                when,
                                record,
                                trace.describe(record)));
        Stamp.fill(address, 0, bytes, object);
    }

    private void rejected(int object, int record, RuntimeException e) {
        abandoned[object] = true;
        findings.add(
                Kind.MISUSE,
                "object %d, record %d (%s): %s"
                        .formatted(object, record, trace.describe(record), e));
    }

    private String owner(long owner) {
        if (owner == OwnerWord.NOBODY) {
            return "nobody";
        }
        int record = OwnerWord.site(owner);
        return "object %d (record %d: %s)"
                .formatted(OwnerWord.object(owner), record, trace.describe(record));
    }
}
