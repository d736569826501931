// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

/** A heap was not made, because what was to be reserved for it is not to be had. */
public final class ReservationRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final long requestedBytes;
    private final String refusedBy;
    private final long limitBytes;
    private final long chargedBytes;

    ReservationRefusedException(
            long requestedBytes, String refusedBy, long limitBytes, long chargedBytes) {
        super(
                "%d bytes can't be reserved: of its limit of %d bytes, the heap %s is charged %d"
                        .formatted(requestedBytes, limitBytes, refusedBy, chargedBytes));
        this.requestedBytes = requestedBytes;
        this.refusedBy = refusedBy;
        this.limitBytes = limitBytes;
        this.chargedBytes = chargedBytes;
    }

    /** Returns how many bytes were to be reserved. */
    public long requestedBytes() {
        return requestedBytes;
    }

    /** Returns the name of the heap whose limit did not allow it. */
    public String refusedBy() {
        return refusedBy;
    }

    /** Returns the limit of that heap. */
    public long limitBytes() {
        return limitBytes;
    }

    /** Returns what that heap was charged for already. */
    public long chargedBytes() {
        return chargedBytes;
    }
}
