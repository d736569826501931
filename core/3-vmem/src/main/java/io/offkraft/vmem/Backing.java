// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

/** What is behind the memory of an area, if it is not the area's own: frames or a file. */
public sealed interface Backing permits SharedFrames, MappedFile {
    /** Returns its name. */
    String name();

    /** Returns the descriptor while it is open. */
    int descriptor(String call);
}
