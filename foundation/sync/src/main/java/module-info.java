// SPDX-License-Identifier: BSD-3-Clause
import org.jspecify.annotations.NullMarked;

/** The locks and the choice among them. */
@NullMarked
module io.offkraft.sync {
    requires static transitive org.jspecify;
    requires io.offkraft.config;
    requires io.offkraft.word;

    exports io.offkraft.sync;
}
