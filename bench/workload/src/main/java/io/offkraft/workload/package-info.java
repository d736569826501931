// SPDX-License-Identifier: BSD-3-Clause
/**
 * The known allocator workloads, written anew after their published description.
 *
 * <p>Here lives what programs ask of an allocator, and the check that every block is its owner's
 * alone. The allocators themselves, and who compares them, must not be added here.
 */
package io.offkraft.workload;
