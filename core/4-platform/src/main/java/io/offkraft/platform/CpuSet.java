// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import java.util.BitSet;
import java.util.stream.IntStream;

/** A set of CPU numbers. Immutable. */
public final class CpuSet {
    /** CPU numbers are below this. */
    public static final int MAX_CPUS = 8192;

    private final BitSet cpus;

    private CpuSet(BitSet cpus) {
        this.cpus = cpus;
    }

    /** Returns the set of the numbers, each in [0, {@link #MAX_CPUS}). */
    public static CpuSet of(int... numbers) {
        BitSet cpus = new BitSet();
        for (int number : numbers) {
            if (number < 0 || number >= MAX_CPUS) {
                throw new IllegalArgumentException(
                        "a CPU number is in [0, %d): %d".formatted(MAX_CPUS, number));
            }
            cpus.set(number);
        }
        return new CpuSet(cpus);
    }

    /**
     * Returns the set that a list of the kernel's names, such as {@code 0-3,8}; an empty one is the
     * empty set.
     */
    static CpuSet ofList(String list) {
        BitSet cpus = new BitSet();
        String text = list.strip();
        for (String range : text.isEmpty() ? new String[0] : text.split(",", -1)) {
            String[] ends = range.split("-", -1);
            try {
                int first = Integer.parseInt(ends[0]);
                int last = Integer.parseInt(ends[ends.length - 1]);
                if (ends.length > 2 || first > last || last >= MAX_CPUS) {
                    throw malformed(text);
                }
                cpus.set(first, last + 1);
            } catch (NumberFormatException notANumber) {
                throw malformed(text);
            }
        }
        return new CpuSet(cpus);
    }

    private static IllegalArgumentException malformed(String list) {
        return new IllegalArgumentException(
                "a list of CPUs is like \"0-3,8\", each below %d: \"%s\""
                        .formatted(MAX_CPUS, list));
    }

    static CpuSet ofMask(byte[] mask) {
        return new CpuSet(BitSet.valueOf(mask));
    }

    byte[] toMask() {
        return cpus.toByteArray();
    }

    /** Returns how many CPUs are in the set. */
    public int size() {
        return cpus.cardinality();
    }

    /** Returns whether the CPU is in the set. */
    public boolean contains(int number) {
        return number >= 0 && cpus.get(number);
    }

    /** Returns the numbers, ascending. */
    public IntStream stream() {
        return cpus.stream();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CpuSet set && set.cpus.equals(cpus);
    }

    @Override
    public int hashCode() {
        return cpus.hashCode();
    }

    @Override
    public String toString() {
        return cpus.toString();
    }
}
