// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.trace;

import java.util.Arrays;

/**
 * The records of a trace, a primitive array a field.
 *
 * <p>It grows with what is appended and takes nobody's word for how much will come: a header that
 * promises four billion records costs nothing.
 */
final class RecordColumns {
    private static final int FIRST_CAPACITY = 1 << 12;

    private byte[] operations = new byte[FIRST_CAPACITY];
    private byte[] alignLog2s = new byte[FIRST_CAPACITY];
    private char[] threads = new char[FIRST_CAPACITY];
    private int[] objects = new int[FIRST_CAPACITY];
    private long[] sizes = new long[FIRST_CAPACITY];
    private int count;

    void append(int operation, int alignLog2, int thread, int object, long sizeBytes) {
        if (count == operations.length) {
            grow();
        }
        operations[count] = (byte) operation;
        alignLog2s[count] = (byte) alignLog2;
        threads[count] = (char) thread;
        objects[count] = object;
        sizes[count] = sizeBytes;
        count++;
    }

    /**
     * Returns the first {@code records} records, at most {@link #count()}, as columns of their own.
     */
    RecordColumns first(int records) {
        RecordColumns first = new RecordColumns();
        for (int record = 0; record < records; record++) {
            first.append(
                    operations[record],
                    alignLog2s[record],
                    threads[record],
                    objects[record],
                    sizes[record]);
        }
        return first;
    }

    int count() {
        return count;
    }

    int operation(int record) {
        return operations[record];
    }

    int alignLog2(int record) {
        return alignLog2s[record];
    }

    int thread(int record) {
        return threads[record];
    }

    int object(int record) {
        return objects[record];
    }

    long sizeBytes(int record) {
        return sizes[record];
    }

    private void grow() {
        int capacity = (int) Math.min(2L * count, TraceReader.MAX_RECORDS);
        operations = Arrays.copyOf(operations, capacity);
        alignLog2s = Arrays.copyOf(alignLog2s, capacity);
        threads = Arrays.copyOf(threads, capacity);
        objects = Arrays.copyOf(objects, capacity);
        sizes = Arrays.copyOf(sizes, capacity);
    }
}
