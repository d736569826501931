// SPDX-License-Identifier: BSD-3-Clause
import org.jspecify.annotations.NullMarked;

/** The page allocator. */
@NullMarked
module io.offkraft.buddy {
    requires static transitive org.jspecify;
    requires io.offkraft.lockfree;
    requires io.offkraft.word;
    requires transitive io.offkraft.config;
    requires transitive io.offkraft.vmem;

    exports io.offkraft.buddy;
}
