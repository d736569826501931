// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

/** What a handle was for is not there any more: it was unmapped, replaced, moved or made empty. */
public final class StaleHandleException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StaleHandleException(String message) {
        super(message);
    }
}
