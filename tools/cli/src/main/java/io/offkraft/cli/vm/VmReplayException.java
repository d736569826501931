// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

/** A call of a replay that was refused though it succeeded in the recording. */
public final class VmReplayException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    VmReplayException(String log, VmStep step, RuntimeException cause) {
        super(
                "%s: line %d: %s that succeeded in the recording was refused: %s"
                        .formatted(log, step.line(), step.call(), cause.getMessage()),
                cause);
    }
}
