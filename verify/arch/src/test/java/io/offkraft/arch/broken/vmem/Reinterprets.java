// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch.broken.vmem;

import java.lang.foreign.MemorySegment;

/** Breaks the rule of restricted methods: makes memory of its own out of an address. */
final class Reinterprets {
    private Reinterprets() {}

    @SuppressWarnings("restricted") // to be caught at it
    static MemorySegment all() {
        return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    }
}
