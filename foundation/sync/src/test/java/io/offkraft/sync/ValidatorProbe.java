// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

/** The main class of a child process: says what locks are under its {@code offkraft.*}. */
final class ValidatorProbe {
    private ValidatorProbe() {}

    public static void main(String[] args) {
        final ExclusiveLock lock = Synchronization.MCS.newLock(LockClass.named("test"));
        final SharedLock shared = Synchronization.RW.newSharedLock(LockClass.named("shared"));
        System.out.println(lock.getClass().getSimpleName());
        System.out.println(shared.getClass().getSimpleName());
        lock.lock();
        say("block", () -> BlockingCheck.mayBlock("Mutex"));
        say("call", () -> LockValidator.aboutToCallSystem("mmap"));
        lock.unlock();
        LockValidator.checkNow();
        shared.lockWrite();
        lock.lock();
        lock.unlock();
        shared.unlockWrite();
        lock.lock();
        say("order", shared::lockWrite);
    }

    private static void say(String what, Runnable action) {
        try {
            action.run();
            System.out.println(what + " passes");
        } catch (LockUsageException e) {
            System.out.println(what + " " + e.fault());
        }
    }
}
