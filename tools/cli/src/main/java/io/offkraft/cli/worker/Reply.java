// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

import io.offkraft.cli.replay.Verdict;
import io.offkraft.cli.report.LockFigures;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a worker says, one a line: remarks as they come, then the answer to its command. Components
 * that do not apply are null.
 *
 * @param remark a line for the user; the answer is still to come
 * @param failure why the command could not be carried out, in one line; the worker ends
 * @param verdict the answer to {@link Command#VERIFY}
 * @param timed the answer to {@link Command#TIME}
 * @param residentBytes the answer to {@link Command#FOOTPRINT}; null there if the kernel does not
 *     tell
 * @param locks the answer to {@link Command#LOCKS}
 */
record Reply(
        @Nullable String remark,
        @Nullable String failure,
        @Nullable Verdict verdict,
        @Nullable Timed timed,
        @Nullable Long residentBytes,
        @Nullable List<LockFigures> locks) {
    static final Reply DONE = new Reply(null, null, null, null, null, null);

    static Reply remark(String line) {
        return new Reply(line, null, null, null, null, null);
    }

    static Reply failed(String why) {
        return new Reply(null, why, null, null, null, null);
    }

    static Reply of(Verdict verdict) {
        return new Reply(null, null, verdict, null, null, null);
    }

    static Reply of(Timed timed) {
        return new Reply(null, null, null, timed, null, null);
    }

    static Reply ofResidentBytes(@Nullable Long bytes) {
        return new Reply(null, null, null, null, bytes, null);
    }

    static Reply ofLocks(List<LockFigures> figures) {
        return new Reply(null, null, null, null, null, figures);
    }
}
