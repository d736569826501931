// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import io.offkraft.platform.MemoryFlags;
import io.offkraft.platform.NumaNodes;
import io.offkraft.platform.SystemCallException;
import io.offkraft.platform.SystemCalls;

/**
 * On which NUMA nodes memory shall be: mbind(2). Holds for pages that are touched from then on.
 *
 * <p>A machine without NUMA has one node, 0.
 *
 * @param mode the kernel's number of the policy
 * @param nodes the nodes, a bit each
 */
public record NumaPolicy(int mode, long nodes) {
    /**
     * The nodes at the last look, which spares the next. Written by any thread; a race is benign,
     * as each value was true when it was written, and a node that is not in it is looked for again.
     */
    private static volatile long seen;

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

    /**
     * Throws unless the machine has all these nodes: the kernel would leave out, without a word,
     * those that it has not.
     */
    void check(String call, long address, long bytes) {
        if ((nodes & ~seen) == 0) {
            return;
        }
        NumaNodes now = NumaNodes.ofMachine();
        seen = now.mask();
        if ((nodes & ~seen) != 0) {
            throw new VmemException(
                    call,
                    address,
                    bytes,
                    "there is no node %d, but %s"
                            .formatted(
                                    Long.numberOfTrailingZeros(nodes & ~seen),
                                    now.cpus().keySet()));
        }
    }

    /**
     * Has the kernel hold to this from now on. One without NUMA can't be told, and has all memory
     * on the one node: what was checked holds.
     */
    void apply(SystemCalls calls, long address, long bytes) {
        try {
            calls.mbind(address, bytes, mode, nodes, 0);
        } catch (SystemCallException refused) {
            if (!holdsAnyway(refused, NumaNodes.ofMachine())) {
                throw refused;
            }
        }
    }

    static boolean holdsAnyway(SystemCallException refused, NumaNodes nodes) {
        return refused.errnoName().equals("ENOSYS") && !nodes.isToldByKernel();
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
