// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

/**
 * What a metered mutex has counted since it was made.
 *
 * @param locks acquisitions other than by a try, each level of a recursive one
 * @param triesSucceeded tries, timed or not, that acquired it
 * @param triesFailed tries that did not
 * @param unlocks releases, each level of a recursive one
 * @param contended acquisitions that had to queue
 */
public record MutexMetrics(
        long locks, long triesSucceeded, long triesFailed, long unlocks, long contended) {
    /** Returns how often it is held now: 0 at rest. */
    public long active() {
        return locks + triesSucceeded - unlocks;
    }
}
