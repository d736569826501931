// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.report;

import java.util.Locale;

/** Numbers of bytes for people. */
public final class Sizes {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    private Sizes() {}

    /** Returns the unsigned number with a unit that leaves at most four digits before the point. */
    public static String text(long bytes) {
        double value = bytes >= 0 ? bytes : bytes + 0x1p64; // between halves of the addresses
        int unit = 0;
        while (value >= 1024 && unit < UNITS.length - 1) {
            value /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, unit == 0 ? "%.0f" : "%.1f", value) + " " + UNITS[unit];
    }
}
