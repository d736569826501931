// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

/** An allocator had no memory for a workload, which asks for little. */
public final class NoMemoryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoMemoryException(long sizeBytes) {
        super("there is no memory for a block of %d bytes".formatted(sizeBytes));
    }
}
