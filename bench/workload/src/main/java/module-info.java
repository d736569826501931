// SPDX-License-Identifier: BSD-3-Clause
import org.jspecify.annotations.NullMarked;

/** The known allocator workloads, and the peers they run on. */
@NullMarked
module io.offkraft.workload {
    requires static transitive org.jspecify;
    requires io.netty.buffer;
    requires io.netty.transport;
    requires io.offkraft.lockfree;
    requires io.offkraft.platform;
    requires transitive io.offkraft.heap;
    requires transitive io.offkraft.sync;
    requires io.offkraft.word;
    requires java.management;
    requires jdk.management;

    exports io.offkraft.workload;
    exports io.offkraft.workload.allocator;
}
