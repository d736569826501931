// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import io.offkraft.platform.SystemCallException;
import io.offkraft.vmem.VirtualAddressSpace;

/** The main class of a child process: reserves more addresses than it may have. */
final class AddressLimitProbe {
    private AddressLimitProbe() {}

    public static void main(String[] args) {
        try (VirtualAddressSpace space = VirtualAddressSpace.reserve(1L << 42)) {
            System.out.println("got " + space);
        } catch (SystemCallException refused) {
            System.out.println(refused.getMessage());
        }
    }
}
