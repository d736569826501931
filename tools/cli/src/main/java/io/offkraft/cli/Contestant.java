// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

/** One that takes part in a comparison, until it ends or fails. */
interface Contestant extends AutoCloseable {
    /** Returns the name by which messages know it. */
    String label();

    /** Ends its part. */
    @Override
    void close();
}
