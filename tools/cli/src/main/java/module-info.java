// SPDX-License-Identifier: BSD-3-Clause
import org.jspecify.annotations.NullMarked;

/** The offkraft command. */
@NullMarked
module io.offkraft.cli {
    requires static transitive org.jspecify;
    requires io.offkraft.heap;
    requires io.offkraft.oracle;
}
