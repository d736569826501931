// SPDX-License-Identifier: BSD-3-Clause
/** Lends what the package keeps to itself to the models. */
@NullMarked
package io.offkraft.lockfree;

import org.jspecify.annotations.NullMarked;
