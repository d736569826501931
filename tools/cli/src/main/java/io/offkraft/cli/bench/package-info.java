// SPDX-License-Identifier: BSD-3-Clause
/**
 * The figures of a benchmark, and how they are shown: as a text table, a JSON document and a page.
 *
 * <p>Here lives what was measured and on what machine. How it is measured must not be added here.
 */
package io.offkraft.cli.bench;
