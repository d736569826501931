// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

/**
 * What a heap knows of its memory, all of it outside of the blocks.
 *
 * @param pageMap what each page is part of
 * @param liveBits where blocks begin that are handed out
 * @param slabTable the descriptors of slabs
 */
record HeapMetadata(PageMap pageMap, LiveBits liveBits, SlabTable slabTable) {}
