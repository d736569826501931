// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.word;

import io.offkraft.config.OffkraftConfig;
import java.lang.StackWalker.StackFrame;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * How many atomic operations threads execute on words that others may share, and where.
 *
 * <p>Code calls {@link #count()} once before each atomic read-modify-write, whether that succeeds
 * or not, and before each full fence that it asks for by name. Normally that is nothing. With
 * {@code offkraft.debug.atomics=true} it is counted, by the class that does it and the structure on
 * whose behalf: the taking of a free lock counts, too, and a barrier of the whole process counts
 * once, for the thread that asks for it. A plain store to a volatile field is not counted, nor are
 * monitors and the collections of the JDK; no path of a block of a size class has one.
 *
 * <p>It tells what contention will cost before there is any: an operation that nobody else is in
 * the way of is fast on any machine, and is what many CPUs wait for each other at.
 *
 * <p><b>Thread safety:</b> any thread.
 *
 * <p><b>Memory effects:</b> none that may be relied on.
 */
public final class SharedAtomics {
    /** Whether anything is counted: a constant, so that otherwise nothing is left of a call. */
    private static final boolean ON = OffkraftConfig.DEBUG_ATOMICS;

    private SharedAtomics() {}

    /** An atomic read-modify-write of a word that may be shared follows, or a full fence. */
    public static void count() {
        if (ON) {
            Tally.ofCaller().count();
        }
    }

    /**
     * Returns what was counted since the process began, by where: "SpinLock of Stripe" are takings
     * of a lock by stripes, "Places" what that class does itself.
     *
     * @throws IllegalStateException unless {@code offkraft.debug.atomics=true}
     */
    public static Map<String, Long> byPlace() {
        if (!ON) {
            throw new IllegalStateException(
                    "atomics are counted only with offkraft.debug.atomics=true");
        }
        return Tally.sum();
    }

    /**
     * What some threads have counted. A thread locks its tally; it has it for itself, as a rule, so
     * that what is observed is disturbed little.
     */
    private static final class Tally {
        private static final int TALLIES = 256; // a power of two
        private static final Tally[] ALL = new Tally[TALLIES];
        private static final StackWalker CALLERS =
                StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);
        private static final Set<String> TOOLS =
                Set.of("io.offkraft.word", "io.offkraft.sync", "io.offkraft.lockfree");

        static {
            for (int number = 0; number < TALLIES; number++) {
                ALL[number] = new Tally();
            }
        }

        /** By who does it and for whom. */
        private final Map<Place, long[]> counts = new HashMap<>();

        private record Place(Class<?> who, Class<?> whom) {
            @Override
            public String toString() {
                return who == whom
                        ? who.getSimpleName()
                        : who.getSimpleName() + " of " + whom.getSimpleName();
            }
        }

        static Tally ofCaller() {
            return ALL[(int) Thread.currentThread().threadId() & (TALLIES - 1)];
        }

        void count() {
            Place place = CALLERS.walk(Tally::placeOf);
            synchronized (this) {
                counts.computeIfAbsent(place, _ -> new long[1])[0]++;
            }
        }

        /** The first caller, and the first one that is no tool of others. */
        private static Place placeOf(Stream<StackFrame> frames) {
            Iterator<? extends Class<?>> callers =
                    frames.map(StackFrame::getDeclaringClass)
                            .dropWhile(type -> type == Tally.class || type == SharedAtomics.class)
                            .iterator();
            Class<?> who = callers.next();
            Class<?> whom = who;
            while (TOOLS.contains(whom.getPackageName()) && callers.hasNext()) {
                whom = callers.next();
            }
            return new Place(who, whom);
        }

        static Map<String, Long> sum() {
            Map<String, Long> sum = new TreeMap<>();
            for (Tally tally : ALL) {
                synchronized (tally) {
                    tally.counts.forEach(
                            (place, count) -> sum.merge(place.toString(), count[0], Long::sum));
                }
            }
            return sum;
        }
    }
}
