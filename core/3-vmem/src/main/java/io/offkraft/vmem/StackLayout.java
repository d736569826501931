// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

/**
 * A stack between its guards. Its areas come and go together: what would change a part of them is
 * refused.
 *
 * @param start the first address of the lower guard
 * @param usableStart the first address that may be touched
 * @param usableEnd the address behind the last one that may be touched
 * @param end the address behind the upper guard
 * @param growth which way it grows
 */
public record StackLayout(long start, long usableStart, long usableEnd, long end, Growth growth) {
    /** Returns the address at which the stack pointer begins. */
    public long initialAddress() {
        return growth == Growth.DOWN ? usableEnd : usableStart;
    }

    /** Returns the bytes that may be touched. */
    public long usableBytes() {
        return usableEnd - usableStart;
    }
}
