// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

/** Whether this machine is one that Offkraft runs on. */
final class HostSystem {
    private HostSystem() {}

    /** Throws {@link UnsupportedOperationException} with one clear line if it is not. */
    static void check() {
        check(System.getProperty("os.name"), System.getProperty("os.arch"));
    }

    static void check(String system, String processor) {
        boolean known =
                system.equals("Linux")
                        && (processor.equals("amd64") || processor.equals("aarch64"));
        if (!known) {
            throw new UnsupportedOperationException(
                    "Offkraft runs on Linux on x86-64 and aarch64, not on %s on %s"
                            .formatted(system, processor));
        }
    }
}
