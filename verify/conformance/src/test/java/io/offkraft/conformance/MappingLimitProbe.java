// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import io.offkraft.platform.SystemCallException;
import io.offkraft.vmem.AreaRequest;
import io.offkraft.vmem.Holes;
import io.offkraft.vmem.VirtualAddressSpace;
import io.offkraft.word.PageOrder;

/**
 * The main class of a child process: uses up the mappings that a process may have, by every second
 * page of a space, and says how that was refused and what is there then.
 */
final class MappingLimitProbe {
    private static final long PAGE = PageOrder.PAGE_BYTES;
    private static final long PAIRS = 1 << 21;

    private MappingLimitProbe() {}

    public static void main(String[] args) {
        System.out.println("begins"); // what printing needs is mapped now
        String refusal = "none";
        long mapped = 0;
        int areas;
        try (VirtualAddressSpace space = VirtualAddressSpace.reserve(2 * PAIRS * PAGE)) {
            try {
                while (mapped < PAIRS) {
                    space.map(
                            AreaRequest.anonymous(PAGE)
                                    .at(space.baseAddress() + 2 * mapped * PAGE));
                    mapped++;
                }
            } catch (SystemCallException refused) {
                refusal = refused.getMessage();
            }
            areas = space.areas().size();
            space.unmap(space.baseAddress(), 2 * mapped * PAGE, Holes.SKIPPED);
            space.map(AreaRequest.anonymous(PAGE));
        }
        System.out.println(areas == mapped ? "as many areas as were mapped" : areas + " areas");
        System.out.println(refusal);
    }
}
