// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import io.offkraft.lockfree.LongRing;
import io.offkraft.lockfree.MpmcLongRing;
import io.offkraft.lockfree.SpscLongRing;
import io.offkraft.sync.SpinLock;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import org.jctools.queues.MpmcArrayQueue;
import org.jctools.queues.SpscArrayQueue;

/** Bounded queues of numbers, ours and what a user would take instead. */
public enum RingKind {
    /** Ours, for many. */
    MPMC {
        @Override
        Numbers make(int capacity) {
            return new OfRing(new MpmcLongRing(capacity));
        }
    },
    /** Ours, between two. */
    SPSC {
        @Override
        Numbers make(int capacity) {
            return new OfRing(new SpscLongRing(capacity));
        }
    },
    /** The locked twin: an array under our spin lock. */
    LOCKED {
        @Override
        Numbers make(int capacity) {
            return new OfLockedArray(capacity);
        }
    },
    /** JCTools' for many; the numbers are boxed. */
    JCTOOLS_MPMC {
        @Override
        Numbers make(int capacity) {
            return new OfQueue(new MpmcArrayQueue<>(capacity));
        }
    },
    /** JCTools' between two; the numbers are boxed. */
    JCTOOLS_SPSC {
        @Override
        Numbers make(int capacity) {
            return new OfQueue(new SpscArrayQueue<>(capacity));
        }
    },
    /** The JDK's; the numbers are boxed. */
    ARRAY_BLOCKING_QUEUE {
        @Override
        Numbers make(int capacity) {
            return new OfQueue(new ArrayBlockingQueue<>(capacity));
        }
    };

    abstract Numbers make(int capacity);

    /** A queue; negative numbers are not put. */
    interface Numbers {
        boolean offer(long value);

        long pollOrMinus1();
    }

    private record OfRing(LongRing ring) implements Numbers {
        @Override
        public boolean offer(long value) {
            return ring.offer(value);
        }

        @Override
        public long pollOrMinus1() {
            return ring.pollOr(-1);
        }
    }

    private record OfQueue(Queue<Long> queue) implements Numbers {
        @Override
        public boolean offer(long value) {
            return queue.offer(value);
        }

        @Override
        public long pollOrMinus1() {
            final Long value = queue.poll();
            return value == null ? -1 : value;
        }
    }

    private static final class OfLockedArray implements Numbers {
        private final SpinLock lock = new SpinLock();
        private final long[] values;
        private long tail;
        private long head;

        OfLockedArray(int capacity) {
            values = new long[capacity];
        }

        @Override
        public boolean offer(long value) {
            lock.lock();
            try {
                if (tail - head == values.length) {
                    return false;
                }
                values[(int) tail++ & (values.length - 1)] = value;
                return true;
            } finally {
                lock.unlock();
            }
        }

        @Override
        public long pollOrMinus1() {
            lock.lock();
            try {
                return tail == head ? -1 : values[(int) head++ & (values.length - 1)];
            } finally {
                lock.unlock();
            }
        }
    }
}
