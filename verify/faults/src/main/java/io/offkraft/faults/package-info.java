// SPDX-License-Identifier: BSD-3-Clause
/**
 * An operating system that fails on demand.
 *
 * <p>Here lives what stands at the platform's seam in the tests of every layer. No main code may
 * use it.
 */
@org.jspecify.annotations.NullMarked
package io.offkraft.faults;
