// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

import java.util.List;

/**
 * One system call of a log, whole: what another thread's call cut in two is put together.
 *
 * @param line where it begins, from 1
 * @param lastLine where its result is
 * @param thread the number of the thread; 0 where the log has none
 * @param name the call
 * @param arguments as they were printed
 * @param result the number that it returned, as it was printed
 * @param errno the name of the error; empty if there was none
 */
record LoggedCall(
        int line,
        int lastLine,
        int thread,
        String name,
        List<String> arguments,
        String result,
        String errno) {
    /**
     * Returns the line in whose order the call takes effect.
     *
     * <p>It does so some time between its lines. What gives addresses back does it before another
     * call can get them, which may be before it returns; what gets addresses does it after they
     * were given back, which may be after it began. Calls that only change what is there may be
     * anywhere: a program that has two at work on the same range does not know what comes out.
     */
    int effectLine() {
        return name.equals("munmap") || name.equals("shmdt") ? line : lastLine;
    }

    boolean failed() {
        return !errno.isEmpty();
    }
}
