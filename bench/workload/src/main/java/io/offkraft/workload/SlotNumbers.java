// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

import io.offkraft.lockfree.MpmcLongRing;

/**
 * Numbers of blocks that are not live, of one member. Blocks that change owners take their numbers
 * with them, so what one has too many of goes to those that have none, many at a time: the workload
 * itself must not have its threads meet at each block.
 *
 * <p><b>Thread safety:</b> one thread at a time.
 */
final class SlotNumbers {
    private final MpmcLongRing surplus;
    private final int[] numbers;
    private int count;

    private SlotNumbers(MpmcLongRing surplus, int most) {
        this.surplus = surplus;
        this.numbers = new int[most];
    }

    /** Returns those of all members, each with half of {@code slotsEach}; the rest is for all. */
    static SlotNumbers[] of(int members, int slotsEach) {
        int all = Math.multiplyExact(members, slotsEach);
        MpmcLongRing surplus = new MpmcLongRing(Integer.highestOneBit(all) * 2);
        SlotNumbers[] numbers = new SlotNumbers[members];
        for (int member = 0; member < members; member++) {
            numbers[member] = new SlotNumbers(surplus, slotsEach / 2);
            for (int slot = 0; slot < slotsEach; slot++) {
                numbers[member].give(member * slotsEach + slot);
            }
        }
        return numbers;
    }

    int take() {
        if (count == 0) {
            refill();
        }
        return numbers[--count];
    }

    void give(int slot) {
        if (count == numbers.length) {
            while (count > numbers.length / 2) {
                if (!surplus.offer(numbers[--count])) {
                    throw new IllegalStateException("there is room for all numbers");
                }
            }
        }
        numbers[count++] = slot;
    }

    private void refill() {
        while (count < numbers.length / 2) {
            long slot = surplus.pollOr(-1);
            if (slot < 0) {
                break;
            }
            numbers[count++] = (int) slot;
        }
        if (count == 0) {
            throw new IllegalStateException("there are numbers for all blocks");
        }
    }
}
