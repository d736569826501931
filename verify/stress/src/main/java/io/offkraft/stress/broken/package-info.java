// SPDX-License-Identifier: BSD-3-Clause
/**
 * The litmus tests on broken locks and with too weak accesses: every one must be rejected, or the
 * litmus tests prove nothing.
 */
@NullMarked
package io.offkraft.stress.broken;

import org.jspecify.annotations.NullMarked;
