// SPDX-License-Identifier: BSD-3-Clause
/**
 * The ownership oracle: a shadow map that knows who owns which bytes, and stamps that show whether
 * content survived.
 *
 * <p>Here lives what judges an allocator from outside. It must know nothing of any allocator's
 * inside.
 */
package io.offkraft.oracle;
