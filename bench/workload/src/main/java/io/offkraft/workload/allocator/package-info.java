// SPDX-License-Identifier: BSD-3-Clause
/**
 * The allocators that are compared, behind one interface.
 *
 * <p>Here lives how each is asked for memory, at its best. What is asked, and whether the answers
 * are right, must not be added here.
 */
package io.offkraft.workload.allocator;
