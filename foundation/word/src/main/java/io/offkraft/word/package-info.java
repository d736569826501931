// SPDX-License-Identifier: BSD-3-Clause
/**
 * Words: raw memory with its access mode in the name, alignment and page-order arithmetic.
 *
 * <p>Here lives what is true of numbers and of single words in memory. What knows of locks, pages
 * in use or the operating system must not be added here.
 */
package io.offkraft.word;
