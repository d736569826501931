// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

/** An allocator has broken its contract: a block is not its owner's alone, or is lost. */
public final class IntegrityException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    IntegrityException(String what) {
        super(what);
    }
}
