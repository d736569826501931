// SPDX-License-Identifier: BSD-3-Clause
/**
 * Pages: the binary buddy page allocator. Knows no bytes.
 *
 * <p>Here lives which pages are free, which belong to one block, and which carry memory. Size
 * classes, caches and everything else that is smaller than a page must not be added here.
 */
package io.offkraft.buddy;
