// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

/**
 * What one thread writes at each call: no field of it shares a cache line, nor a pair of lines,
 * with a field of another such object.
 *
 * <p>A collector moves objects of different threads next to each other, wherever they were made;
 * then what one thread writes takes the line from the other at each call (false sharing), which
 * made a pair of malloc and free take three times as long. {@code @Contended} is for the JDK only.
 *
 * <p>The padding is of integers, not longs, so that it begins right behind the header and leaves no
 * gap there, which the JVM would fill with a field of the subclass.
 */
@SuppressWarnings("unused") // is what the fields are for
abstract class OwnCacheLine {
    /**
     * What lies between fields of two objects: two cache lines, which some processors fetch
     * together.
     */
    static final int DISTANCE_BYTES = 128;

    private int p00, p01, p02, p03, p04, p05, p06, p07;
    private int p08, p09, p10, p11, p12, p13, p14, p15;
    private int p16, p17, p18, p19, p20, p21, p22, p23;
    private int p24, p25, p26, p27, p28, p29, p30, p31;
}
