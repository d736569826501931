// SPDX-License-Identifier: BSD-3-Clause
/**
 * Sizes to blocks: {@code malloc}, {@code calloc}, {@code realloc}, {@code memalign} and {@code
 * free}, callable from any thread.
 *
 * <p>Here lives what turns a number of bytes into a block of pages from the buddy and back, and
 * what notices misuse of it; beside it pools of blocks of one size, and regions that only hand out.
 * Nothing here calls the operating system or knows how pages are found.
 */
package io.offkraft.heap;
