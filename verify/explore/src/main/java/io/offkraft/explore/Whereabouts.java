// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import io.offkraft.word.RawMemory;
import io.offkraft.word.SchedulePoint;
import java.lang.StackWalker.StackFrame;
import java.util.Set;

/** Says where in its code a thread is. */
final class Whereabouts {
    private static final int FRAMES_MAX = 16;

    private static final Set<String> MACHINERY =
            Set.of(
                    Schedule.class.getName(),
                    Whereabouts.class.getName(),
                    SchedulePoint.class.getName());

    private static final StackWalker WALKER = StackWalker.getInstance();

    private Whereabouts() {}

    /** Returns where the calling thread has called its hook. */
    static String ofCaller() {
        return WALKER.walk(frames ->
                frames.filter(frame -> !MACHINERY.contains(frame.getClassName()))
                        .limit(2)
                        .reduce("", Whereabouts::joined, String::concat));
    }

    private static String joined(String above, StackFrame frame) {
        if (above.isEmpty()) {
            return simpleName(frame.getClassName())
                    + "."
                    + frame.getMethodName()
                    + ":"
                    + frame.getLineNumber();
        }
        return above
                + (above.startsWith(RawMemory.class.getSimpleName()) ? " in " : " called by ")
                + joined("", frame);
    }

    private static String simpleName(String className) {
        return className.substring(className.lastIndexOf('.') + 1);
    }

    /** Appends the explored code's frames, a line each. */
    static void append(StackTraceElement[] stack, StringBuilder text) {
        int shown = 0;
        for (StackTraceElement frame : stack) {
            if (!frame.getClassName().startsWith("java.") && !isMachinery(frame.getClassName())) {
                text.append("\n    at ").append(frame);
                if (++shown == FRAMES_MAX) {
                    return;
                }
            }
        }
    }

    private static boolean isMachinery(String className) {
        return MACHINERY.contains(className)
                || className.equals(ExploredThread.class.getName())
                || className.startsWith("jdk.internal.");
    }
}
