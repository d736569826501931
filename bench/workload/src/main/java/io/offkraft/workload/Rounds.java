// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

import io.offkraft.workload.allocator.Blocks;
import io.offkraft.workload.allocator.Crew;
import java.util.OptionalLong;
import java.util.function.IntFunction;

/**
 * Rounds of a workload on one instance of an allocator, which keeps from round to round what it has
 * cached, as in a program that runs on.
 *
 * <p><b>Thread safety:</b> one thread.
 *
 * <p><b>Failure:</b> {@link IntegrityException} if a block is not as its owner left it, {@link
 * NoMemoryException}, and whatever the allocator throws.
 */
public final class Rounds implements AutoCloseable {
    private static final long SEED = 0x0ff;

    private final Program program;
    private final Blocks blocks;
    private final Stage stage;

    /**
     * Opens what is needed.
     *
     * @param threads how many are asked for; a workload may need two
     * @param allocator makes blocks with room for as many as it is told
     * @param crews makes threads
     */
    public Rounds(
            WorkloadKind kind,
            int threads,
            IntFunction<Blocks> allocator,
            IntFunction<Crew> crews) {
        this.program = kind.program(threads);
        this.blocks = allocator.apply(Owners.tableSize(program.slots()));
        if (program.takenBlockBytes() > 0) {
            blocks.takeRandomHalf(program.takenBlockBytes());
        }
        this.stage = new Stage(blocks, crews, program.threads(), program.slotsEach(), SEED);
    }

    /** Returns the threads that take part. */
    public int threads() {
        return program.threads();
    }

    /**
     * Runs one round.
     *
     * @param operationsEach blocks for each thread to allocate, more or less
     */
    public Measured run(int operationsEach) {
        long before = stage.operations();
        stage.takeNanos();
        stage.takeJavaHeapBytes();
        program.round(stage, operationsEach);
        return new Measured(
                stage.takeNanos(), stage.operations() - before, stage.takeJavaHeapBytes());
    }

    /**
     * Ends the threads, and then looks whether the allocator agrees that no block is live, if it
     * counts them.
     *
     * @throws IntegrityException if it does not
     */
    public void checkNothingIsLost() {
        stage.close();
        OptionalLong live = blocks.liveBlocks();
        if (live.orElse(0) != 0) {
            throw new IntegrityException(
                    "all blocks were freed, but the allocator counts %d that are live"
                            .formatted(live.getAsLong()));
        }
    }

    /** Ends the threads and gives the allocator's memory back. */
    @Override
    public void close() {
        stage.close();
        blocks.close();
    }
}
