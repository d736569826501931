// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch.broken.litmus;

/** Stands for a class of verify/ or bench/: of no layer. */
public interface Checker {}
