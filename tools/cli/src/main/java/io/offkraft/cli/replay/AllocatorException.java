// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.replay;

import io.offkraft.cli.trace.Trace;

/** An allocator threw at a call of a correct program. */
public final class AllocatorException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    AllocatorException(Trace trace, int record, RuntimeException cause) {
        super(
                "record %d: %s of object %d: %s"
                        .formatted(record, trace.describe(record), trace.object(record), cause),
                cause);
    }
}
