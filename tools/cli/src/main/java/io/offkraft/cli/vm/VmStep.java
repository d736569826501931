// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

import org.jspecify.annotations.Nullable;

/**
 * One call to be made.
 *
 * @param line the line of the log where the call begins, from 1
 * @param thread the number of the thread that made it
 * @param call its name in the log
 * @param operation what it does
 * @param made of a call that makes pages like others, what those are; else null. The bare calls
 *     need it, the space knows
 */
record VmStep(
        int line, int thread, String call, Operation operation, Operation.@Nullable Place made) {
    VmStep with(Operation other) {
        return new VmStep(line, thread, call, other, made);
    }

    VmStep making(Operation.Place place) {
        return new VmStep(line, thread, call, operation, place);
    }
}
