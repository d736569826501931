// SPDX-License-Identifier: BSD-3-Clause
/** Microbenchmarks: the same work on Offkraft and on what a user would use instead, in one run. */
package io.offkraft.bench;
