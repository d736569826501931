// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.config;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How sizes and times are written in settings and on command lines. */
public final class Quantities {
    private static final Pattern BYTES = Pattern.compile("(\\d{1,19})([KMGTkmgt]?)");
    private static final Pattern TIME = Pattern.compile("(\\d{1,12})(ms|s|m|h)");

    // So that toNanos() of what is read never overflows.
    private static final Duration DURATION_MAX = Duration.ofNanos(Long.MAX_VALUE);

    private Quantities() {}

    /**
     * Returns the bytes that {@code text} says: a number, with K, M, G or T, in either case, for
     * powers of 1 024.
     *
     * @throws IllegalArgumentException if it is not written so, or is 2^63 or more
     */
    public static long bytes(String text) {
        Matcher matcher = BYTES.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a number of bytes: " + text);
        }
        String unit = matcher.group(2).toUpperCase(Locale.ROOT);
        int shift = unit.isEmpty() ? 0 : 10 * ("KMGT".indexOf(unit) + 1);
        try {
            return Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << shift);
        } catch (ArithmeticException | NumberFormatException tooLarge) {
            throw new IllegalArgumentException("not below 2^63 bytes: " + text, tooLarge);
        }
    }

    /**
     * Returns the time that {@code text} says: a number with ms, s, m or h, or ISO-8601 such as
     * PT0.5S.
     *
     * @throws IllegalArgumentException if it is not written so, is negative, or is more nanoseconds
     *     than a {@code long} holds (292 years)
     */
    public static Duration duration(String text) {
        Duration time = simpleOrIso(text);
        if (time.isNegative() || time.compareTo(DURATION_MAX) > 0) {
            throw new IllegalArgumentException("not between zero and 292 years: " + text);
        }
        return time;
    }

    private static Duration simpleOrIso(String text) {
        Matcher matcher = TIME.matcher(text.strip());
        if (!matcher.matches()) {
            return iso(text);
        }
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            default -> Duration.ofHours(number);
        };
    }

    private static Duration iso(String text) {
        try {
            return Duration.parse(text.strip());
        } catch (DateTimeParseException unreadable) {
            throw new IllegalArgumentException("not a time: " + text, unreadable);
        }
    }
}
