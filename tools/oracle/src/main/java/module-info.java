// SPDX-License-Identifier: BSD-3-Clause
import org.jspecify.annotations.NullMarked;

/** Judges an allocator from outside. */
@NullMarked
module io.offkraft.oracle {
    requires static transitive org.jspecify;
    requires io.offkraft.word;

    exports io.offkraft.oracle;
}
