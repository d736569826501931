// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

/**
 * A worker could not do what it was told; the message says why, in one line. The worker has ended
 * or is about to.
 */
public final class WorkerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    WorkerException(String message) {
        super(message);
    }
}
