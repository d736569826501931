// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.trace;

/** What a program asked its allocator for. The constant's code is what the format stores. */
public enum Operation {
    /** {@code malloc}, or {@code memalign} if an alignment is given. */
    MALLOC(1),
    /** {@code calloc}: a block that reads as zero. */
    CALLOC(2),
    /** {@code free}. */
    FREE(3),
    /** {@code realloc} of a block that exists. */
    REALLOC(4);

    private static final Operation[] ALL = values();

    private final int code;

    Operation(int code) {
        this.code = code;
    }

    /** Returns the format's code of this operation. */
    public int code() {
        return code;
    }

    /** Returns the operation of {@code code}, which is valid. */
    public static Operation of(int code) {
        return ALL[code - 1];
    }

    /** Returns whether {@code code} is an operation's. */
    static boolean isCode(int code) {
        return code >= 1 && code <= ALL.length;
    }
}
