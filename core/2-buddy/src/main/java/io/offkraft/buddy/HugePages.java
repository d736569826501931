// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

/**
 * Whether the kernel may make a huge page of a committed chunk, which with the default commit
 * threshold is one in size and alignment.
 */
public enum HugePages {
    /** As the system is set up ({@code /sys/kernel/mm/transparent_hugepage/enabled}). */
    SYSTEM,

    /**
     * They are asked for: MADV_HUGEPAGE. The first touch of a chunk makes all of it resident, and
     * the kernel may fill up a chunk that is so in part. What lies free in a chunk that is partly
     * in use therefore stays until {@link BuddyAllocator#trim}: giving it back would break the huge
     * page up. For programs that value speed above size.
     */
    ASKED,

    /** They are refused: MADV_NOHUGEPAGE. What was given back stays so until it is touched. */
    NEVER
}
