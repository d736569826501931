// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import org.jspecify.annotations.Nullable;

/**
 * Whether a thread may be interrupted by handlers at this moment, and whether it runs one: the part
 * of a logical CPU that locks must know.
 *
 * <p>Interrupts here are handlers that a thread runs between two of its own steps, at points that
 * it defines; nothing to do with {@link Thread#interrupt()}. A thread has such a state if it is an
 * {@link Owner}. For all others there are no interrupts: masking does nothing and costs an {@code
 * instanceof}.
 *
 * <p><b>Thread safety:</b> only the owning thread calls anything here.
 */
public final class InterruptState {
    /** A thread to which interrupts can be delivered. */
    public interface Owner {
        /** Returns the state, always the same. */
        InterruptState interruptState();

        /** Interrupts are enabled again: the owner may deliver what was held back. */
        void interruptsEnabled();
    }

    /**
     * What the mask was before, to be given back in reverse order: the typed form of the flags word
     * of {@code irqsave}.
     */
    public static final class Token {
        private static final Token NONE = new Token(null, 0);

        private final @Nullable InterruptState state;
        private final int depth;

        private Token(@Nullable InterruptState state, int depth) {
            this.state = state;
            this.depth = depth;
        }

        @Override
        public String toString() {
            return state == null ? "Token[no interrupts]" : "Token[depth " + depth + "]";
        }
    }

    /** Deeper nesting than any code has; more is a missing restore. */
    private static final int MAX_DEPTH = 64;

    private final Owner owner;
    private final Token[] tokens = new Token[MAX_DEPTH];
    private int maskDepth;
    private boolean inInterrupt;

    /** Makes the state of {@code owner}: unmasked, not in an interrupt. */
    public InterruptState(Owner owner) {
        this.owner = owner;
        for (int depth = 0; depth < MAX_DEPTH; depth++) {
            tokens[depth] = new Token(this, depth);
        }
    }

    /** Returns the state of the calling thread; {@code null} if it takes no interrupts. */
    public static @Nullable InterruptState currentOrNull() {
        return Thread.currentThread() instanceof Owner thread ? thread.interruptState() : null;
    }

    /** Returns whether the calling thread runs an interrupt handler. */
    public static boolean inInterrupt() {
        InterruptState state = currentOrNull();
        return state != null && state.inInterrupt;
    }

    /** Returns whether the calling thread may be interrupted by a handler now. */
    public static boolean interruptsEnabled() {
        InterruptState state = currentOrNull();
        return state != null && state.maskDepth == 0 && !state.inInterrupt;
    }

    /**
     * Masks interrupts of the calling thread until {@link #restore} is given the token. Allocates
     * nothing.
     *
     * @throws IllegalStateException if the mask is nested deeper than a program can mean to
     */
    public static Token save() {
        InterruptState state = currentOrNull();
        if (state == null) {
            return Token.NONE;
        }
        if (state.maskDepth == MAX_DEPTH) {
            throw new IllegalStateException(
                    "interrupts are masked " + MAX_DEPTH + " times over: a restore is missing");
        }
        return state.tokens[state.maskDepth++];
    }

    /**
     * Gives the mask back the state that it had at the {@link #save} which returned {@code token}.
     *
     * @throws IllegalStateException if a later save was not restored yet, if it was restored
     *     already, or if the token is another thread's; nothing changes then
     */
    public static void restore(Token token) {
        InterruptState state = currentOrNull();
        if (token.state != state) {
            throw new IllegalStateException(
                    token + " was not saved by this thread: " + Thread.currentThread().getName());
        }
        if (state == null) {
            return;
        }
        if (token.depth != state.maskDepth - 1) {
            throw new IllegalStateException(
                    "interrupt masks are restored in reverse order: the mask is "
                            + state.maskDepth
                            + " deep, so the token of depth "
                            + (state.maskDepth - 1)
                            + " is next, not "
                            + token);
        }
        state.maskDepth = token.depth;
        if (state.maskDepth == 0 && !state.inInterrupt) {
            state.owner.interruptsEnabled();
        }
    }

    /**
     * Runs {@code handler} as an interrupt of the calling thread, the owner of this state.
     *
     * @return whether it ran; not if interrupts are masked, or in an interrupt
     * @throws IllegalStateException if another thread calls, or if the handler left the mask
     *     changed, which is undone
     */
    public boolean deliver(Runnable handler) {
        if (currentOrNull() != this) {
            throw new IllegalStateException(
                    "an interrupt is delivered by the thread that it interrupts, not by "
                            + Thread.currentThread().getName());
        }
        if (maskDepth > 0 || inInterrupt) {
            return false;
        }
        inInterrupt = true;
        try {
            handler.run();
        } finally {
            inInterrupt = false;
            int left = maskDepth;
            maskDepth = 0;
            if (left != 0) {
                throwLeftMasked(left);
            }
        }
        return true;
    }

    private static void throwLeftMasked(int left) {
        throw new IllegalStateException(
                "an interrupt handler returned with interrupts masked " + left + " times");
    }
}
