// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

/**
 * On which NUMA nodes the kernel takes the memory of an address from.
 *
 * @param mode such as {@link MemoryFlags#MPOL_BIND}
 * @param nodes the nodes below 64, a bit each
 */
public record MemoryPolicy(int mode, long nodes) {
    @Override
    public String toString() {
        return "%s 0x%x".formatted(FlagNames.policy(mode), nodes);
    }
}
