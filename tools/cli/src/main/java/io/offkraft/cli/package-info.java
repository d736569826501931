// SPDX-License-Identifier: BSD-3-Clause
/** The {@code offkraft} command. */
package io.offkraft.cli;
