// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.PooledByteBufAllocator;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The threads that Netty's allocators are measured on are of the kind that suits them. */
class EventThreadsTest {
    @Test
    void tasksOfOneIterationGetAThreadEachOnWhichNettyCaches() throws Exception {
        PooledByteBufAllocator allocator = new PooledByteBufAllocator(true);
        CyclicBarrier together = new CyclicBarrier(2);
        Callable<Boolean> task =
                () -> {
                    together.await(10, TimeUnit.SECONDS); // breaks if both are on one thread
                    return allocator.directBuffer(64).release();
                };
        EventThreads threads = new EventThreads(2, "test");
        try {
            // One by one, as JMH does it: all of one invokeAll would go to the same thread.
            Future<Boolean> first = threads.submit(task);
            Future<Boolean> second = threads.submit(task);
            assertThat(first.get()).isTrue();
            assertThat(second.get()).isTrue();
            assertThat(allocator.metric().numThreadLocalCaches()).isEqualTo(2);
        } finally {
            threads.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
    }

    @Test
    void theArgumentsNameTheClassAsItIs() {
        assertThat(EventThreads.EXECUTOR_CLASS).endsWith("=" + EventThreads.class.getName());
    }
}
