// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.replay;

import io.offkraft.cli.trace.Trace;
import java.util.OptionalLong;

/**
 * A replay ended for want of memory: at which record, asking for what, under which limit, with what
 * live.
 */
public final class ReplayOutOfMemoryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ReplayOutOfMemoryException(Trace trace, int record, OptionalLong limitBytes, LiveObjects live) {
        super(
                "record %d: out of memory: %s for object %d; %s; %d blocks with %d bytes were live"
                        .formatted(
                                record,
                                trace.describe(record),
                                trace.object(record),
                                limitBytes.isPresent()
                                        ? "the limit is " + limitBytes.getAsLong() + " bytes"
                                        : "no limit was set",
                                live.count(),
                                live.bytes()));
    }
}
