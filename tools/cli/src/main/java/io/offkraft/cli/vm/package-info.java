// SPDX-License-Identifier: BSD-3-Clause
/**
 * Recorded memory calls of programs, replayed in a virtual address space.
 *
 * <p>Here lives how such a log is read, what its calls become, and what must come out. How results
 * are laid out must not be added here.
 */
package io.offkraft.cli.vm;
