// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.buddy;

/**
 * The caller gave back memory that it does not own, or not as it got it.
 *
 * <p>Nothing was changed: the allocator stays usable and the block that the address points into, if
 * any, stays its owner's.
 */
public final class MisuseException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    /** What kind of misuse. */
    public enum Kind {
        /** The memory is free: it was given back before, or never handed out. */
        DOUBLE_FREE,
        /** The address belongs to no memory of this allocator. */
        WILD,
        /** The address is inside a block and not its beginning. */
        INTERIOR,
        /** The block is not as long as the caller says. */
        WRONG_SIZE,
        /** The block belongs to another heap of the same tree. */
        FOREIGN
    }

    private final Kind kind;
    private final long address;

    /**
     * Makes the exception; {@code detail} says what the allocator knows of the address and what
     * would be right.
     */
    public MisuseException(Kind kind, long address, String detail) {
        super(kind + " of 0x" + Long.toHexString(address) + ": " + detail);
        this.kind = kind;
        this.address = address;
    }

    /** Returns the kind of misuse. */
    public Kind kind() {
        return kind;
    }

    /** Returns the address that the caller gave. */
    public long address() {
        return address;
    }
}
