// SPDX-License-Identifier: BSD-3-Clause
import org.jspecify.annotations.NullMarked;

/** Words in memory and the arithmetic of addresses. */
@NullMarked
module io.offkraft.word {
    requires static transitive org.jspecify;
    requires io.offkraft.config;

    exports io.offkraft.word;
}
