// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

/** What {@link Heap#forEachBlock} tells of each block. */
@FunctionalInterface
public interface BlockVisitor {
    /**
     * Takes notice of a block. Called without any lock: it may use the heap, and free the block if
     * nobody else does.
     *
     * @param address where the block begins
     * @param bytes how many bytes of it can be used
     */
    void visit(long address, long bytes);
}
