// SPDX-License-Identifier: BSD-3-Clause
/**
 * What lets the litmus tests reach package-private parts of the platform; on the class path only.
 */
@NullMarked
package io.offkraft.platform;

import org.jspecify.annotations.NullMarked;
