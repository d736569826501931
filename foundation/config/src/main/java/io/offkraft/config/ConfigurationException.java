// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.config;

/** An {@code offkraft.*} property that doesn't exist, or whose value can't be read. */
public final class ConfigurationException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    ConfigurationException(String message) {
        super(message);
    }
}
