// SPDX-License-Identifier: BSD-3-Clause
/**
 * Results as a person or a program wants to read them.
 *
 * <p>Here lives what a result is called and how it is laid out. How it came about must not be added
 * here.
 */
package io.offkraft.cli.report;
