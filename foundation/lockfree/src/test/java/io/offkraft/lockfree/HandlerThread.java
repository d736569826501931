// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import io.offkraft.sync.InterruptState;
import java.util.concurrent.atomic.AtomicReference;

/** A thread that runs something as a handler of an interrupt. */
final class HandlerThread extends Thread implements InterruptState.Owner {
    private final InterruptState state = new InterruptState(this);
    private final Runnable handler;
    private boolean ran;

    private HandlerThread(Runnable handler) {
        this.handler = handler;
    }

    /** Runs {@code handler} as an interrupt of a new thread, and throws here what it throws. */
    static void interruptBy(Runnable handler) throws Throwable {
        HandlerThread thread = new HandlerThread(handler);
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        thread.setUncaughtExceptionHandler((_, e) -> thrown.set(e));
        thread.start();
        thread.join();
        if (thrown.get() != null) {
            throw thrown.get();
        }
        if (!thread.ran) {
            throw new AssertionError("the handler was not run");
        }
    }

    @Override
    public void run() {
        ran = state.deliver(handler);
    }

    @Override
    public InterruptState interruptState() {
        return state;
    }

    @Override
    public void interruptsEnabled() {
        throw new AssertionError("nothing is masked here");
    }
}
