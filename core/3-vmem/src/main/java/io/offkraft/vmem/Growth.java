// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

/** Which way a stack grows; its first page is at the other end. */
public enum Growth {
    /** From the highest address down, as the stacks of x86-64 and aarch64. */
    DOWN,
    /** From the lowest address up. */
    UP
}
