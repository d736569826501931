// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import io.offkraft.lockfree.LongRing;

/** A bounded queue of numbers, ours or a broken one. */
interface Numbers {
    boolean offer(long value);

    long pollOr(long ifEmpty);

    static Numbers of(LongRing ring) {
        return new Numbers() {
            @Override
            public boolean offer(long value) {
                return ring.offer(value);
            }

            @Override
            public long pollOr(long ifEmpty) {
                return ring.pollOr(ifEmpty);
            }
        };
    }
}
