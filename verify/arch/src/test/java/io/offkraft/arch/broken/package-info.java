// SPDX-License-Identifier: BSD-3-Clause
/**
 * Broken twins: one class for each way to break a rule of {@code Rules}, in packages named as the
 * layers are. The rules must reject each. Nothing here is an example.
 */
package io.offkraft.arch.broken;
