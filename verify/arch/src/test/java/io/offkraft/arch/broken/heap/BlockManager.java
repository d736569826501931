// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch.broken.heap;

/** Breaks the rule of names. */
@SuppressWarnings("checkstyle:TypeName") // to be caught at it
final class BlockManager {}
