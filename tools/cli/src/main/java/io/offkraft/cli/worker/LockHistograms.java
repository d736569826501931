// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

import io.offkraft.cli.report.LockFigures;
import io.offkraft.sync.LockClass;
import io.offkraft.sync.LockObserver;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Counts what happens to locks, by their class.
 *
 * <p><b>Thread safety:</b> any thread observes; {@link #reset} and {@link #figures} are for when
 * none does.
 */
final class LockHistograms implements LockObserver {
    private static final long NANOS_MAX = TimeUnit.HOURS.toNanos(1);
    private static final int DIGITS = 3;

    private final ConcurrentMap<LockClass, Counts> classes = new ConcurrentHashMap<>();

    private static final class Counts {
        private final LongAdder acquisitions = new LongAdder();
        private final Histogram wait = new ConcurrentHistogram(NANOS_MAX, DIGITS);
        private final Histogram hold = new ConcurrentHistogram(NANOS_MAX, DIGITS);
    }

    @Override
    public void acquired(LockClass lockClass, long waitNanos, boolean contended) {
        Counts counts = counts(lockClass);
        counts.acquisitions.increment();
        if (contended) {
            counts.wait.recordValue(Math.clamp(waitNanos, 0, NANOS_MAX));
        }
    }

    @Override
    public void released(LockClass lockClass, long holdNanos) {
        counts(lockClass).hold.recordValue(Math.clamp(holdNanos, 0, NANOS_MAX));
    }

    private Counts counts(LockClass lockClass) {
        Counts counts = classes.get(lockClass);
        return counts != null ? counts : classes.computeIfAbsent(lockClass, _ -> new Counts());
    }

    /** Forgets everything. */
    void reset() {
        classes.clear();
    }

    /** Returns what was observed since the last reset, in the order of the classes' names. */
    List<LockFigures> figures() {
        return classes.entrySet().stream()
                .map(entry -> figures(entry.getKey(), entry.getValue()))
                .sorted(Comparator.comparing(LockFigures::lock))
                .toList();
    }

    private static LockFigures figures(LockClass lockClass, Counts counts) {
        return new LockFigures(
                lockClass.name(),
                counts.acquisitions.sum(),
                counts.wait.getTotalCount(),
                times(counts.wait),
                times(counts.hold));
    }

    private static LockFigures.Times times(Histogram histogram) {
        return new LockFigures.Times(
                histogram.getValueAtPercentile(50),
                histogram.getValueAtPercentile(99),
                histogram.getValueAtPercentile(99.9),
                histogram.getMaxValue());
    }
}
