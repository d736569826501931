// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

/** A thread and its stack at the moment when it asked for a lock; cheap until it is printed. */
final class AcquisitionSite {
    /** More says nothing about locks. */
    private static final int FRAMES_MAX = 16;

    private final String thread = HeldLocks.nameOf(Thread.currentThread());

    /** The JVM notes where it is made, and finds the names only if they are asked for. */
    private final Throwable stack = new Throwable();

    /** Returns lines, each with its line break: {@code what}, and the stack without our frames. */
    String render(String what) {
        StringBuilder text = new StringBuilder();
        text.append("  ").append(what).append(", by ").append(thread).append(":\n");
        int frames = 0;
        boolean inside = true;
        for (StackTraceElement frame : stack.getStackTrace()) {
            inside = inside && isOurs(frame.getClassName());
            if (!inside && frames++ < FRAMES_MAX) {
                text.append("    at ").append(frame).append('\n');
            }
        }
        return text.toString();
    }

    private static boolean isOurs(String className) {
        return className.equals(AcquisitionSite.class.getName())
                || className.equals(LockValidator.class.getName())
                || className.equals(ValidatedLock.class.getName())
                || className.equals(ValidatedSharedLock.class.getName())
                || className.equals(ReadSide.class.getName())
                || className.equals(WriteSide.class.getName())
                || className.equals(LockView.class.getName())
                || className.equals(Locking.class.getName())
                || className.equals(ExclusiveLock.class.getName());
    }
}
