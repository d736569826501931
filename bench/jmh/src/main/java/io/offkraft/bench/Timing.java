// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How every benchmark here is taken, unless the command line says otherwise: nanoseconds for one
 * operation, in two JVMs.
 *
 * <p>The serial collector keeps the second CPU free of collector threads, and its barriers are the
 * cheapest for a peer that stores references.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = Timing.FORKS,
        jvmArgsAppend = {Timing.NATIVE_ACCESS, Timing.COLLECTOR})
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public abstract class Timing {
    /** JVMs one after the other: what one of them compiled badly, the next may not. */
    static final int FORKS = 2;

    static final String NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED";
    static final String COLLECTOR = "-XX:+UseSerialGC";
}
