// SPDX-License-Identifier: BSD-3-Clause
/**
 * What a process's addresses are used for, printed and drawn.
 *
 * <p>Here lives what the kernel or a space tells of areas, and pictures of it. Making or changing
 * areas must not be added here.
 */
package io.offkraft.cli.vmmap;
