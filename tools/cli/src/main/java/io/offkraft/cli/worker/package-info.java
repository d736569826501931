// SPDX-License-Identifier: BSD-3-Clause
/**
 * A JVM of its own for every allocator, and the conversation with it.
 *
 * <p>Here lives the worker process, both its ends: what it does with one trace or workload and one
 * allocator, and how it is told. What is asked of several workers, and what the answers mean, must
 * not be added here.
 */
package io.offkraft.cli.worker;
