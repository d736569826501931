// SPDX-License-Identifier: BSD-3-Clause
/**
 * Structures that many threads use at once without a lock: rings and stacks of numbers, per-CPU
 * variables, reclamation by epochs, mailboxes.
 */
@NullMarked
package io.offkraft.lockfree;

import org.jspecify.annotations.NullMarked;
