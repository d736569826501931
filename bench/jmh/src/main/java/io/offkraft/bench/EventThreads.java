// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import io.netty.util.concurrent.DefaultEventExecutorGroup;
import io.netty.util.concurrent.DefaultThreadFactory;

/**
 * Netty's own threads for JMH to run a benchmark on: Netty's allocators use their caches on no
 * others.
 *
 * <p>As many executors of one thread as JMH wants threads; the group goes round them, so the tasks
 * of one iteration get one each. JMH makes it by reflection; see {@link #EXECUTOR}.
 */
public final class EventThreads extends DefaultEventExecutorGroup {
    /** With {@link #EXECUTOR_CLASS}: JVM arguments that make JMH use these threads. */
    static final String EXECUTOR = "-Djmh.executor=CUSTOM";

    static final String EXECUTOR_CLASS = "-Djmh.executor.class=io.offkraft.bench.EventThreads";

    /** Netty without the sampling that looks for leaks, as in production it is at its fastest. */
    static final String NO_LEAK_DETECTION = "-Dio.netty.leakDetection.level=disabled";

    /** Makes {@code threads} executors, a thread each. */
    public EventThreads(int threads, String prefix) {
        super(threads, new DefaultThreadFactory(prefix, true));
    }
}
