// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/** A thread that takes interrupts: the part of a logical CPU that the locks see. */
final class InterruptibleThread extends Thread implements InterruptState.Owner {
    private final InterruptState state = new InterruptState(this);
    private final Queue<Runnable> pending = new ArrayDeque<>();
    private final Consumer<InterruptibleThread> body;

    private InterruptibleThread(Consumer<InterruptibleThread> body) {
        this.body = body;
    }

    /** Runs {@code body} in such a thread, and throws here what it throws there. */
    static void run(Consumer<InterruptibleThread> body) throws InterruptedException {
        final InterruptibleThread thread = new InterruptibleThread(body);
        final AtomicReference<Throwable> thrown = new AtomicReference<>();
        thread.setUncaughtExceptionHandler((_, e) -> thrown.set(e));
        thread.start();
        thread.join();
        if (thrown.get() != null) {
            throw new AssertionError(thrown.get());
        }
    }

    @Override
    public void run() {
        body.accept(this);
    }

    /** Delivers now, or as soon as interrupts are enabled. */
    void interruptBy(Runnable handler) {
        if (!state.deliver(handler)) {
            pending.add(handler);
        }
    }

    @Override
    public InterruptState interruptState() {
        return state;
    }

    @Override
    public void interruptsEnabled() {
        for (Runnable next = pending.poll(); next != null; next = pending.poll()) {
            if (!state.deliver(next)) {
                throw new AssertionError("not delivered with interrupts enabled");
            }
        }
    }
}
