// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch.broken.heap;

import io.offkraft.arch.broken.word.SharedAtomics;
import java.util.concurrent.atomic.AtomicLong;

/** Breaks the rule of atomics: the second one is not counted. */
final class CountsOneOfTwo {
    private final AtomicLong held = new AtomicLong();
    private final AtomicLong peak = new AtomicLong();

    void add(long pages) {
        SharedAtomics.count();
        long now = held.addAndGet(pages);
        peak.accumulateAndGet(now, Math::max);
    }
}
