// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import io.offkraft.config.OffkraftConfig;
import io.offkraft.sync.HeldLocks.Held;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Checks how locks are used, with {@code offkraft.debug.locks=true}; otherwise it costs nothing, as
 * locks know nothing of it then.
 *
 * <p>It looks at what every thread does, not at whether it went wrong: the first time that two
 * classes of locks are taken in both orders is reported, even if no two threads ever met. The idea
 * is that of Linux's lockdep.
 *
 * <p>What is wrong is thrown, as a {@link LockUsageException}, by the call that does it, before
 * anything changed. Only of a lock that a thread has left behind when it ended others learn: who
 * waits for it, and who calls {@link #checkNow()}; besides, a line is written to standard error.
 *
 * <p>What may fail and does not wait, {@code tryLock}, is in order at any place, as it cannot
 * deadlock.
 *
 * <p><b>Thread safety:</b> any thread, platform or virtual.
 */
public final class LockValidator {
    /*
     * What is known
     *   of a thread: the locks that it holds, with stacks (HeldLocks, a thread-local);
     *   of a lock: its class and holders (TrackedLock);
     *   of all classes: orders and uses in interrupts (LockOrder).
     *
     * Why it does not deadlock itself
     *   It has three kinds of monitors: a registry's, a graph's, a node's. Under none of them does
     *   it take another or call a lock.
     *
     * Interrupts
     *   A handler's locks are no successors of those of the code that it interrupted: that these
     *   may meet is what the rule about interrupts is for.
     */

    private static final LockValidator PROCESS = new LockValidator(System.err::println);

    /** Up to so many threads, each new one has all looked at; then each doubling. */
    private static final int SWEPT_EACH_TIME = 64;

    private final LockOrder order = new LockOrder();
    private final Consumer<String> reports;

    @SuppressWarnings("ThreadLocalUsage") // one a validator: the process has one, tests have more
    private final ThreadLocal<@Nullable HeldLocks> held = new ThreadLocal<>();

    /** Every living thread that has ever locked; guarded by itself, as {@link #sweepSize}. */
    private final List<HeldLocks> registry = new ArrayList<>();

    private int sweepSize = SWEPT_EACH_TIME;

    /** Makes a validator for locks of its own. */
    LockValidator(Consumer<String> reports) {
        this.reports = reports;
    }

    /** Returns the validator of {@link Synchronization}'s locks. */
    static LockValidator process() {
        return PROCESS;
    }

    /** Returns whether locks are checked in this process: a constant. */
    public static boolean isOn() {
        return OffkraftConfig.DEBUG_LOCKS;
    }

    /**
     * Says that the calling thread is about to wait for something in a blocking way.
     *
     * @param what what it waits for, for the report
     * @throws LockUsageException if it holds a lock that others spin for
     */
    public static void aboutToBlock(String what) {
        if (OffkraftConfig.DEBUG_LOCKS) {
            PROCESS.checkMayBlock(what);
        }
    }

    /**
     * Says that the calling thread is about to make a system call.
     *
     * @param call its name, for the report
     * @throws LockUsageException if it holds a lock whose class forbids that
     */
    public static void aboutToCallSystem(String call) {
        if (OffkraftConfig.DEBUG_LOCKS) {
            PROCESS.checkMayCallSystem(call);
        }
    }

    /**
     * Looks at all threads that have ended.
     *
     * @throws LockUsageException if one holds a lock still
     */
    public static void checkNow() {
        if (OffkraftConfig.DEBUG_LOCKS) {
            PROCESS.checkEnded();
        }
    }

    /**
     * Returns the orders seen so far, each as {@code outer -> inner}, sorted: names of classes of
     * which the inner was asked for by a holder of the outer. Empty if the validator is off.
     */
    public static List<String> ordersSeen() {
        return PROCESS.order.all();
    }

    /** Returns {@code lock}, which is {@code bare} or a wrapper of it, with its use checked. */
    ExclusiveLock validated(ExclusiveLock lock, Object bare, LockClass lockClass) {
        return new ValidatedLock(lock, new TrackedLock(order.node(lockClass), bare), false, this);
    }

    /** Returns {@code lock}, which is {@code bare} or a wrapper of it, with its use checked. */
    SharedLock validated(SharedLock lock, Object bare, LockClass lockClass) {
        return new ValidatedSharedLock(lock, new TrackedLock(order.node(lockClass), bare), this);
    }

    /** Returns whether a lock of one class has been taken under one of the other. */
    boolean hasSeen(LockClass outer, LockClass inner) {
        return order.isKnown(outer, inner);
    }

    /** The calling thread is about to wait for {@code lock}; returns where it stands. */
    AcquisitionSite beforeWaiting(TrackedLock lock, boolean reading) {
        if (!lock.spins) {
            checkMayBlock(lock.toString()); // though it may be free this time
        }
        HeldLocks mine = mine();
        AcquisitionSite site = new AcquisitionSite();
        boolean inInterrupt = InterruptState.inInterrupt();
        for (Held other : mine.all()) {
            if (other.lock() == lock) {
                if (!(reading && other.reading() && lock.readersNest)) {
                    throw recursion(other, lock, site);
                }
            } else if (other.inInterrupt() == inInterrupt) {
                if (other.lock().node == lock.node) {
                    throw nesting(other, lock, site);
                }
                order.note(other, lock, site);
            }
        }
        if (inInterrupt) {
            LockOrder.noteInterruptUse(lock, true, site);
        } else if (InterruptState.interruptsEnabled()) {
            LockOrder.noteInterruptUse(lock, false, site);
        }
        return site;
    }

    /** The calling thread has tried with success; it gives the lock back if this throws. */
    AcquisitionSite afterTry(TrackedLock lock) {
        AcquisitionSite site = new AcquisitionSite();
        if (InterruptState.interruptsEnabled()) {
            LockOrder.noteInterruptUse(lock, false, site);
        }
        return site;
    }

    /** The calling thread is about to use an empty lock. */
    void enterEmpty(TrackedLock lock) {
        Thread first = lock.claimSole();
        if (first != null) {
            throw new LockUsageException(
                    LockFault.SECOND_CPU,
                    lock.toString(),
                    HeldLocks.nameOf(first),
                    "%s comes in at the same time, but the lock is the empty one: with"
                                    .formatted(HeldLocks.nameOf(Thread.currentThread()))
                            + " offkraft.smp=false or Synchronization.NONE one thread at a time may"
                            + " use what it guards");
        }
    }

    /** The calling thread got into an empty lock and then was refused. */
    void leaveEmpty(TrackedLock lock) {
        if (mine().findOrNull(lock) == null) {
            lock.removeHolder();
        }
    }

    void acquired(TrackedLock lock, boolean reading, AcquisitionSite site) {
        if (!lock.empty) {
            lock.addHolder();
        }
        mine().add(new Held(lock, reading, InterruptState.inInterrupt(), site));
    }

    /** The calling thread is about to release {@code lock}, if it may. */
    void beforeRelease(TrackedLock lock, boolean reading) {
        if (mine().remove(requireHeld(lock, reading))) {
            lock.removeHolder();
        }
    }

    /** Returns the calling thread's hold of {@code lock}. */
    Held requireHeld(TrackedLock lock, boolean reading) {
        Held found = mine().findOrNull(lock);
        if (found != null && found.reading() == reading) {
            return found;
        }
        String mode = reading ? " for reading" : found == null ? "" : " for writing";
        throw new LockUsageException(
                LockFault.NOT_HOLDER,
                lock.toString(),
                lock.holderNameOrNull(),
                "%s does not hold it%s, and cannot release it"
                        .formatted(HeldLocks.nameOf(Thread.currentThread()), mode));
    }

    /** The calling thread has turned reading into writing, or the other way round. */
    void changed(TrackedLock lock, Held before) {
        HeldLocks mine = mine();
        mine.remove(before);
        mine.add(new Held(lock, !before.reading(), before.inInterrupt(), before.site()));
    }

    /** Throws if nobody is left who could release {@code lock}. */
    void checkHolders(TrackedLock lock) {
        Thread dead = lock.deadHolderOrNull();
        if (dead != null) {
            throw heldAtExit(lock, dead, "");
        }
    }

    void checkMayBlock(String what) {
        HeldLocks mine = held.get();
        if (mine == null) {
            return;
        }
        for (Held lock : mine.all()) {
            if (lock.lock().spins) {
                throw new LockUsageException(
                        LockFault.SLEEP_WHILE_SPINNING,
                        lock.lock().toString(),
                        HeldLocks.nameOf(mine.thread),
                        "its holder is about to wait for %s, while others may spin for the lock\n"
                                        .formatted(what)
                                + lock.site().render("the lock was taken")
                                + new AcquisitionSite().render("the wait begins"));
            }
        }
    }

    void checkMayCallSystem(String call) {
        HeldLocks mine = held.get();
        if (mine == null) {
            return;
        }
        for (Held lock : mine.all()) {
            if (!lock.lock().lockClass().acrossSystemCalls()) {
                throw new LockUsageException(
                        LockFault.HELD_ACROSS_SYSTEM_CALL,
                        lock.lock().toString(),
                        HeldLocks.nameOf(mine.thread),
                        "%s is about to be called, which the lock's class forbids\n".formatted(call)
                                + lock.site().render("the lock was taken")
                                + new AcquisitionSite().render("the call is made"));
            }
        }
    }

    void checkEnded() {
        List<HeldLocks> ended = sweep();
        if (!ended.isEmpty()) {
            throw heldAtExit(ended.getFirst());
        }
    }

    private HeldLocks mine() {
        HeldLocks mine = held.get();
        if (mine == null) {
            mine = new HeldLocks();
            held.set(mine);
            register(mine);
        }
        return mine;
    }

    private void register(HeldLocks mine) {
        boolean full;
        synchronized (registry) {
            registry.add(mine);
            full = registry.size() <= SWEPT_EACH_TIME || registry.size() >= sweepSize;
        }
        if (full) {
            for (HeldLocks ended : sweep()) {
                if (isFirstReport(ended)) {
                    reports.accept("offkraft: " + heldAtExit(ended).getMessage());
                }
            }
        }
    }

    private boolean isFirstReport(HeldLocks ended) {
        synchronized (registry) {
            boolean first = !ended.isReported;
            ended.isReported = true;
            return first;
        }
    }

    /** Forgets threads that ended in order; returns those that did not. */
    private List<HeldLocks> sweep() {
        List<HeldLocks> leftBehind = new ArrayList<>();
        synchronized (registry) {
            registry.removeIf(entry -> {
                if (entry.thread.isAlive()) {
                    return false;
                }
                if (!entry.all().isEmpty()) {
                    leftBehind.add(entry);
                }
                return entry.all().isEmpty();
            });
            sweepSize = Math.max(SWEPT_EACH_TIME, 2 * registry.size());
        }
        return leftBehind;
    }

    private static LockUsageException heldAtExit(HeldLocks ended) {
        Held lock = ended.all().getFirst();
        return heldAtExit(lock.lock(), ended.thread, lock.site().render("the lock was taken"));
    }

    private static LockUsageException heldAtExit(TrackedLock lock, Thread dead, String site) {
        return new LockUsageException(
                LockFault.HELD_AT_EXIT,
                lock.toString(),
                HeldLocks.nameOf(dead),
                "the thread has ended and can never release it\n" + site);
    }

    private static LockUsageException recursion(
            Held holding, TrackedLock lock, AcquisitionSite site) {
        boolean handler = InterruptState.inInterrupt() && !holding.inInterrupt();
        return new LockUsageException(
                LockFault.RECURSION,
                lock.toString(),
                HeldLocks.nameOf(Thread.currentThread()),
                (handler
                                ? "self-deadlock: an interrupt handler asks for what the code that"
                                        + " it interrupted holds; that has to use lockIrqSave\n"
                                : "self-deadlock: its holder asks for it again\n")
                        + holding.site().render("the lock was taken")
                        + site.render("and is asked for"));
    }

    private static LockUsageException nesting(
            Held holding, TrackedLock lock, AcquisitionSite site) {
        return new LockUsageException(
                LockFault.RECURSION,
                lock.toString(),
                lock.holderNameOrNull(),
                "possible recursion: another lock of its class is held, and nothing says which of"
                        + " two comes first\n"
                        + holding.site().render("the other was taken")
                        + site.render("and this one is asked for"));
    }
}
