// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch.broken.word;

/** Stands for the counter of atomic operations, which the other twins do without. */
public final class SharedAtomics {
    private SharedAtomics() {}

    /** Counts nothing. */
    public static void count() {}
}
