// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch.broken.word;

import io.offkraft.arch.broken.litmus.Checker;

/** Breaks the layers: main code uses what belongs to the tests. */
final class UsesATest implements Checker {}
