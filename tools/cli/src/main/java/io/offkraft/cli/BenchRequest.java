// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import java.util.List;

/**
 * What is to be measured, checked and complete.
 *
 * @param cases in order
 * @param effort how carefully
 * @param rounds timed rounds of each case
 */
record BenchRequest(List<BenchCase> cases, Effort effort, int rounds) {}
