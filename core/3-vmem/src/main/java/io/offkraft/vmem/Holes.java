// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

/** What an operation on a range does about addresses in it that are in no area. */
public enum Holes {
    /** It refuses the whole range, and changes nothing. */
    REFUSED,
    /** It does what it does with the areas, and leaves the holes as they are. */
    SKIPPED
}
