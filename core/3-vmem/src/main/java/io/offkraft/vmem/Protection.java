// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import io.offkraft.platform.MemoryFlags;

/** What may be done with memory. */
public enum Protection {
    /** Nothing: an access ends the process. */
    NONE(MemoryFlags.PROT_NONE),
    /** Reading. */
    READ(MemoryFlags.PROT_READ),
    /** Reading and writing. */
    READ_WRITE(MemoryFlags.PROT_READ | MemoryFlags.PROT_WRITE);

    private final int bits;

    Protection(int bits) {
        this.bits = bits;
    }

    /** Returns the bits that the kernel takes. */
    int bits() {
        return bits;
    }
}
