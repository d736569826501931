// SPDX-License-Identifier: BSD-3-Clause
import org.jspecify.annotations.NullMarked;

/** The virtual address space and its areas. */
@NullMarked
module io.offkraft.vmem {
    requires static transitive org.jspecify;
    requires transitive io.offkraft.platform;
    requires transitive io.offkraft.sync;
    requires io.offkraft.word;

    exports io.offkraft.vmem;
}
