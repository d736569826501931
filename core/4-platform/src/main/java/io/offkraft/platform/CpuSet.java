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
