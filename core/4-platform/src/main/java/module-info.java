// SPDX-License-Identifier: BSD-3-Clause
import org.jspecify.annotations.NullMarked;

/** The operating system: the lowest layer. */
@NullMarked
module io.offkraft.platform {
    requires static transitive org.jspecify;
    requires io.offkraft.word;

    exports io.offkraft.platform;
}
