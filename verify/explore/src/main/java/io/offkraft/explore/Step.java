// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

/**
 * A thread went on from a hook to its next one.
 *
 * @param thread its number in the program
 * @param where where it had stopped
 */
public record Step(int thread, String where) {}
