// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch.broken.cli;

/** Stands for a class of tools/. */
public interface Command {}
