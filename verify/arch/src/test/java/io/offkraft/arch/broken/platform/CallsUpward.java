// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch.broken.platform;

import io.offkraft.arch.broken.vmem.Reserves;

/** Breaks the layers: platform calls vmem. */
final class CallsUpward {
    private CallsUpward() {}

    static long call() {
        return Reserves.reserve();
    }
}
