// SPDX-License-Identifier: BSD-3-Clause
import org.jspecify.annotations.NullMarked;

/** Structures that many threads use at once without a lock. */
@NullMarked
module io.offkraft.lockfree {
    requires static transitive org.jspecify;
    requires io.offkraft.sync;
    requires io.offkraft.word;

    exports io.offkraft.lockfree;
}
