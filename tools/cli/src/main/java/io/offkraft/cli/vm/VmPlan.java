// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

import io.offkraft.word.PageOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The calls of a log at their places in a space, and what the space must look like afterwards.
 *
 * @param log the log
 * @param steps the calls in the order of their effect; addresses are offsets in the space
 * @param addresses where the addresses of the recording went
 * @param model the layout after the last call
 * @param remarks what of the log is not here, or is otherwise
 */
record VmPlan(
        StraceLog log,
        List<VmStep> steps,
        AddressMap addresses,
        LayoutModel model,
        Remarks remarks) {
    /** The longest space: its model takes nine bytes a page. */
    static final long SPACE_BYTES_MAX = 1L << 36;

    /** Reads the log in {@code file} and plans its replay. */
    static VmPlan of(Path file) throws StraceFormatException {
        return of(StraceReader.read(file));
    }

    static VmPlan of(StraceLog log) throws StraceFormatException {
        Remarks remarks = log.remarks();
        StepMaker maker = new StepMaker(log.file(), remarks);
        List<VmStep> recorded = new ArrayList<>();
        for (LoggedCall call : log.calls()) {
            VmStep step = maker.stepOrNull(call);
            if (step != null) {
                recorded.add(step);
            }
        }
        if (recorded.isEmpty()) {
            throw StraceFormatException.ofFile(
                    log.file(), "has no call that changes memory; record with -e trace=memory");
        }
        AddressMap addresses = AddressMap.of(recorded);
        if (addresses.bytes() > SPACE_BYTES_MAX) {
            throw StraceFormatException.ofFile(
                    log.file(),
                    "its calls are about %d bytes of addresses; up to %d can be replayed"
                            .formatted(addresses.bytes(), SPACE_BYTES_MAX));
        }
        LayoutModel model = new LayoutModel(addresses.bytes());
        List<VmStep> steps = new ArrayList<>();
        for (VmStep step : recorded) {
            Operation operation = step.operation().at(addresses::place);
            VmStep placed = placed(step.with(operation), model, remarks);
            if (placed != null) {
                model.apply(placed);
                steps.add(placed);
            }
        }
        return new VmPlan(log, List.copyOf(steps), addresses, model, remarks);
    }

    /** Returns what can be done of a call, given what is there; null if nothing can. */
    private static @Nullable VmStep placed(VmStep step, LayoutModel model, Remarks remarks) {
        Operation operation = step.operation();
        int pages = (int) (operation.bytes() >>> PageOrder.PAGE_SHIFT);
        int holes = model.holes(operation.start(), operation.end());
        return switch (operation) {
            case Operation.Place place -> {
                if (!place.replaces() && holes < pages) {
                    remarks.add(
                            step.call()
                                    + " where the log has unmapped nothing: replaces what is"
                                    + " there",
                            step.line());
                    yield step.with(place.replacing());
                }
                yield step;
            }
            case Operation.Clear _, Operation.Protect _, Operation.Treat _ -> {
                if (holes > 0) {
                    remarks.add(
                            step.call()
                                    + " of memory that the log did not map (the program's own,"
                                    + " by execve): that part is left out",
                            step.line());
                }
                yield holes == pages ? null : step;
            }
            case Operation.Resize resize ->
                    holes > 0
                                    || !model.isUniform(resize.start(), resize.end())
                                    || (resize.newEnd() > resize.end()
                                            && isTaken(model, resize.end(), resize.newEnd()))
                            ? impossible(step, remarks)
                            : step.making(
                                    model.placeLike(
                                            resize.start(),
                                            resize.bytes(),
                                            resize.end(),
                                            resize.newEnd()));
            case Operation.Move move ->
                    holes > 0
                                    || !model.isUniform(move.start(), move.end())
                                    || isTaken(model, move.newStart(), move.newEnd())
                            ? impossible(step, remarks)
                            : step.making(
                                    model.placeLike(
                                            move.start(), 0, move.newStart(), move.newEnd()));
        };
    }

    private static boolean isTaken(LayoutModel model, long start, long end) {
        return model.holes(start, end) < (int) ((end - start) >>> PageOrder.PAGE_SHIFT);
    }

    private static @Nullable VmStep impossible(VmStep step, Remarks remarks) {
        remarks.add(
                step.call() + " that does not fit what the log has mapped: left out", step.line());
        return null;
    }
}
