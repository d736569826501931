// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import io.offkraft.platform.MemoryFlags;

/**
 * On which NUMA nodes memory shall be: mbind(2). Holds for pages that are touched from then on.
 *
 * <p>A machine without NUMA has one node, 0.
 *
 * @param mode the kernel's number of the policy
 * @param nodes the nodes, a bit each
 */
public record NumaPolicy(int mode, long nodes) {
    /** Where the touching thread runs, or as the process was told. */
    public static final NumaPolicy DEFAULT = new NumaPolicy(MemoryFlags.MPOL_DEFAULT, 0);

    /** Returns the policy: on these nodes and no others. */
    public static NumaPolicy bind(int... nodes) {
        return new NumaPolicy(MemoryFlags.MPOL_BIND, mask(nodes));
    }

    /** Returns the policy: page by page on each of these nodes in turn. */
    public static NumaPolicy interleave(int... nodes) {
        return new NumaPolicy(MemoryFlags.MPOL_INTERLEAVE, mask(nodes));
    }

    /** Returns the policy: on this node, or on another if it is full. */
    public static NumaPolicy preferred(int node) {
        return new NumaPolicy(MemoryFlags.MPOL_PREFERRED, mask(node));
    }

    private static long mask(int... nodes) {
        long mask = 0;
        for (int node : nodes) {
            if (node < 0 || node >= Long.SIZE) {
                throw new VmemException(
                        "numa", 0, 0, "a node must be in [0, %d): %d".formatted(Long.SIZE, node));
            }
            mask |= 1L << node;
        }
        if (mask == 0) {
            throw new VmemException("numa", 0, 0, "name at least one node");
        }
        return mask;
    }
}
