// SPDX-License-Identifier: BSD-3-Clause
/**
 * The operating system through {@code java.lang.foreign}: the only package that calls it.
 *
 * <p>Here lives one method a system call, what the kernel tells of pages, CPUs and resident sets,
 * and the line-atomic log. What decides <em>when</em> to call must not be added here.
 */
package io.offkraft.platform;
