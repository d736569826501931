// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.config;

/** How much is kept about where blocks come from. */
public enum Diagnostics {
    /** Nothing. */
    OFF,
    /** The sites of a sample of the blocks. */
    SAMPLED,
    /** The site of every block. */
    FULL
}
