// SPDX-License-Identifier: BSD-3-Clause
/**
 * Model checking: Lincheck runs small programs on a structure under all interleavings that its
 * bounds admit, and asks whether each result is one of some sequential order.
 *
 * <p>It is sequentially consistent: it sees wrong logic, not missing fences, which are the business
 * of the litmus tests. Every model has a broken twin that must be rejected.
 */
@NullMarked
package io.offkraft.model;

import org.jspecify.annotations.NullMarked;
