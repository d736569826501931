// SPDX-License-Identifier: BSD-3-Clause
/**
 * Addresses: the virtual address space, its areas (VMAs), commit and decommit.
 *
 * <p>Here lives who may use which addresses and whether memory stands behind them. What hands out
 * pages or bytes inside an area must not be added here.
 */
package io.offkraft.vmem;
