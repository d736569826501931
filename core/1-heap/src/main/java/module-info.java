// SPDX-License-Identifier: BSD-3-Clause
import org.jspecify.annotations.NullMarked;

/** The heap: the public face of the allocator. */
@NullMarked
module io.offkraft.heap {
    requires static transitive org.jspecify;
    requires io.offkraft.config;
    requires io.offkraft.lockfree;
    requires io.offkraft.word;
    requires transitive io.offkraft.buddy;

    exports io.offkraft.heap;
}
