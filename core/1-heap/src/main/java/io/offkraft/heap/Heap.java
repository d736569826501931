// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

/** Placeholder for the first commit of the house; the heap follows. */
public interface Heap {}
