// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

/**
 * Where the calls of a plan are made.
 *
 * <p><b>Thread safety:</b> calls on disjoint ranges from any threads.
 */
interface VmTarget extends AutoCloseable {
    /** Makes the call; throws if it is refused and the layout is therefore another. */
    void make(VmStep step);

    @Override
    void close();
}
