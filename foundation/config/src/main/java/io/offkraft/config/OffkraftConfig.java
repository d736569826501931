// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/**
 * The {@code offkraft.*} properties of the process.
 *
 * <p>They are read once, when this class is first used; later changes of system properties have no
 * effect. A name that does not exist is an error, so that a misspelt setting is not a silent
 * default.
 *
 * <p><b>Failure:</b> with a bad system property the first use of this class throws {@link
 * ExceptionInInitializerError}; its cause is the {@link ConfigurationException} that says what is
 * wrong.
 *
 * @param smp {@code offkraft.smp}, {@code true}: whether more than one CPU may use a structure;
 *     {@code false} turns every lock into an empty one
 * @param contention {@code offkraft.contention}, {@code low}: which of several implementations is
 *     the default
 * @param synchronization {@code offkraft.synchronization}, {@code auto}: which locks structures use
 *     whose builder was not told
 * @param debugLocks {@code offkraft.debug.locks}, {@code false}: whether lock usage is validated
 * @param debugAtomics {@code offkraft.debug.atomics}, {@code false}: whether atomic operations on
 *     shared words are counted
 * @param debugSchedule {@code offkraft.debug.schedule}, {@code false}: whether the schedule of
 *     threads can be driven from outside, as the schedule explorer of the tests does
 * @param diagnostics {@code offkraft.diagnostics}, {@code sampled}
 * @param stats {@code offkraft.stats}, {@code true}: whether statistics are kept where they cost
 *     something
 * @param decay {@code offkraft.decay}, {@code 1s}: how long memory that lies free is kept, at most
 * @param limitBytes {@code offkraft.limit}, none: what a heap may hold by default; {@link
 *     Long#MAX_VALUE} if none, which is also what {@code 0} says
 */
public record OffkraftConfig(
        boolean smp,
        Contention contention,
        LockChoice synchronization,
        boolean debugLocks,
        boolean debugAtomics,
        boolean debugSchedule,
        Diagnostics diagnostics,
        boolean stats,
        Duration decay,
        long limitBytes) {
    private static final String PREFIX = "offkraft.";
    private static final OffkraftConfig PROCESS = parse(System.getProperties());

    /** {@link #smp()} of the process, as a constant that the compiler folds. */
    public static final boolean SMP = PROCESS.smp;

    /** {@link #contention()} of the process, as a constant that the compiler folds. */
    public static final Contention CONTENTION = PROCESS.contention;

    /** {@link #debugLocks()} of the process, as a constant that the compiler folds. */
    public static final boolean DEBUG_LOCKS = PROCESS.debugLocks;

    /** {@link #debugAtomics()} of the process, as a constant that the compiler folds. */
    public static final boolean DEBUG_ATOMICS = PROCESS.debugAtomics;

    /** {@link #debugSchedule()} of the process, as a constant that the compiler folds. */
    public static final boolean DEBUG_SCHEDULE = PROCESS.debugSchedule;

    /** Returns the configuration of this process. */
    public static OffkraftConfig process() {
        return PROCESS;
    }

    /**
     * Returns the configuration that the properties say; those that do not begin with {@code
     * offkraft.} are ignored.
     *
     * @throws ConfigurationException at the first unknown name or bad value
     */
    public static OffkraftConfig parse(Properties properties) {
        Map<String, String> values = new TreeMap<>();
        for (String name : properties.stringPropertyNames()) {
            if (name.startsWith(PREFIX)) {
                values.put(name, properties.getProperty(name).strip());
            }
        }
        Reader reader = new Reader(values);
        OffkraftConfig config =
                new OffkraftConfig(
                        reader.bool("offkraft.smp", true),
                        reader.choice("offkraft.contention", Contention.LOW),
                        reader.choice("offkraft.synchronization", LockChoice.AUTO),
                        reader.bool("offkraft.debug.locks", false),
                        reader.bool("offkraft.debug.atomics", false),
                        reader.bool("offkraft.debug.schedule", false),
                        reader.choice("offkraft.diagnostics", Diagnostics.SAMPLED),
                        reader.bool("offkraft.stats", true),
                        reader.duration("offkraft.decay", Duration.ofSeconds(1)),
                        reader.bytes("offkraft.limit", Long.MAX_VALUE));
        reader.rejectUnknown();
        return config;
    }

    /** Takes values out of the map by name; what is left at the end was not known. */
    private static final class Reader {
        private static final int SUGGESTIONS = 3;

        private final Map<String, String> values;
        private final List<String> known = new ArrayList<>();

        Reader(Map<String, String> values) {
            this.values = values;
        }

        boolean bool(String name, boolean byDefault) {
            return switch (take(name, Boolean.toString(byDefault))) {
                case "true" -> true;
                case "false" -> false;
                case String other -> throw bad(name, other, "true or false");
            };
        }

        <E extends Enum<E>> E choice(String name, E byDefault) {
            String value = take(name, byDefault.name());
            E[] choices = byDefault.getDeclaringClass().getEnumConstants();
            StringBuilder names = new StringBuilder();
            for (E choice : choices) {
                if (choice.name().equalsIgnoreCase(value)) {
                    return choice;
                }
                names.append(names.isEmpty() ? "" : ", ")
                        .append(choice.name().toLowerCase(Locale.ROOT));
            }
            throw bad(name, value, "one of " + names);
        }

        Duration duration(String name, Duration byDefault) {
            String value = take(name, byDefault.toString());
            try {
                return Quantities.duration(value);
            } catch (IllegalArgumentException unreadable) {
                throw bad(name, value, "a time such as 500ms, 10s or 2m");
            }
        }

        long bytes(String name, long byDefault) {
            String value = take(name, Long.toString(byDefault));
            try {
                long bytes = Quantities.bytes(value);
                return bytes == 0 ? byDefault : bytes;
            } catch (IllegalArgumentException unreadable) {
                throw bad(name, value, "a number of bytes such as 1048576, 512K, 64M or 2G");
            }
        }

        void rejectUnknown() {
            if (!values.isEmpty()) {
                String name = values.keySet().iterator().next();
                throw new ConfigurationException(
                        "unknown property "
                                + name
                                + ": the nearest known ones are "
                                + String.join(", ", nearest(name)));
            }
        }

        private List<String> nearest(String name) {
            return known.stream()
                    .sorted(Comparator.comparingInt(other -> EditDistance.between(name, other)))
                    .limit(SUGGESTIONS)
                    .toList();
        }

        private String take(String name, String byDefault) {
            known.add(name);
            String value = values.remove(name);
            return value == null ? byDefault : value;
        }

        private static ConfigurationException bad(String name, String value, String right) {
            return new ConfigurationException(name + " must be " + right + ": " + value);
        }
    }
}
