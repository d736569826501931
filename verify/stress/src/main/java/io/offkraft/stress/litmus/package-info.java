// SPDX-License-Identifier: BSD-3-Clause
/**
 * Litmus tests: small races between two threads, millions of times, with every result either
 * allowed or forbidden.
 *
 * <p>They find what model checkers can't: a missing fence, and a reordering by the compiler. Each
 * has a twin in {@code io.offkraft.stress.broken} that must fail.
 */
@NullMarked
package io.offkraft.stress.litmus;

import org.jspecify.annotations.NullMarked;
