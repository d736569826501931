// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

/**
 * A call on an address space that it can't carry out, or must not: bad use, or no room. Nothing was
 * changed.
 */
public final class VmemException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String call;
    private final long address;
    private final long bytes;

    /** Makes the exception; {@code remedy} says what is wrong and what would be right. */
    VmemException(String call, long address, long bytes, String remedy) {
        super("%s of [0x%x, +%d): %s".formatted(call, address, bytes, remedy));
        this.call = call;
        this.address = address;
        this.bytes = bytes;
    }

    /** Makes the exception, with what led to it. */
    VmemException(String call, long address, long bytes, String remedy, Throwable cause) {
        this(call, address, bytes, remedy);
        initCause(cause);
    }

    /** Returns the name of the call. */
    public String call() {
        return call;
    }

    /**
     * Returns the first address of the range that the call was about; 0 where the space was to
     * choose.
     */
    public long address() {
        return address;
    }

    /** Returns the length of that range. */
    public long bytes() {
        return bytes;
    }
}
