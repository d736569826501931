// SPDX-License-Identifier: BSD-3-Clause
/**
 * The {@code offkraft.*} system properties, read once, typed and checked.
 *
 * <p>Here lives what a user may set for the whole process; what belongs to one allocator is an
 * argument of that allocator's builder and must not be added here.
 */
package io.offkraft.config;
