// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

/** An alignment that is not a power of two. */
public final class BadAlignmentException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    BadAlignmentException(long alignment) {
        super("the alignment must be a power of two: " + alignment);
    }
}
