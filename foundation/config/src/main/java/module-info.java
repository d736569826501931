// SPDX-License-Identifier: BSD-3-Clause
import org.jspecify.annotations.NullMarked;

/** The typed configuration of the process. */
@NullMarked
module io.offkraft.config {
    requires static transitive org.jspecify;

    exports io.offkraft.config;
}
