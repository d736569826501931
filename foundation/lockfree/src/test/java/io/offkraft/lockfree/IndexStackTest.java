// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class IndexStackTest {
    private static final int NONE = -1;
    private static final int ROUNDS = Boolean.getBoolean("stress") ? 10_000_000 : 300_000;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 1000})
    void fullStackGivesEachIndexOnceFromZeroUp(int n) {
        IndexStack stack = IndexStack.full(n);
        assertThat(stack.capacity()).isEqualTo(n);
        for (int i = 0; i < n; i++) {
            assertThat(stack.popOr(NONE)).isEqualTo(i);
        }
        assertThat(stack.popOr(NONE)).isEqualTo(NONE);
        assertThat(stack.popOr(7)).isEqualTo(7);
        assertThat(stack.isEmpty()).isTrue();
    }

    @Test
    void lastPushedIsFirstPopped() {
        IndexStack stack = new IndexStack(8);
        assertThat(stack).hasToString("IndexStack[of 8, empty]");
        stack.push(3);
        stack.push(7);
        stack.push(0);
        assertThat(stack).hasToString("IndexStack[of 8]");
        assertThat(stack.popOr(NONE)).isZero();
        assertThat(stack.popOr(NONE)).isEqualTo(7);
        stack.push(0);
        assertThat(stack.popOr(NONE)).isZero();
        assertThat(stack.popOr(NONE)).isEqualTo(3);
        assertThat(stack.popOr(NONE)).isEqualTo(NONE);
    }

    @Test
    void allThatIsPoppedAtOnceIsAChain() {
        IndexStack stack = IndexStack.full(3);
        assertThat(stack.popAllOr(NONE)).isZero();
        assertThat(stack.isEmpty()).isTrue();
        assertThat(stack.belowOr(0, NONE)).isEqualTo(1);
        assertThat(stack.belowOr(1, NONE)).isEqualTo(2);
        assertThat(stack.belowOr(2, NONE)).isEqualTo(NONE);
        assertThat(stack.popAllOr(9)).isEqualTo(9);
        stack.push(2);
        assertThat(stack.popAllOr(NONE)).isEqualTo(2);
        assertThat(stack.belowOr(2, 5)).isEqualTo(5);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, Integer.MAX_VALUE})
    void someThatArePoppedAtOnceAreTheTopmost(int most) {
        IndexStack stack = IndexStack.full(3);
        final int taken = Math.min(most, 3);

        assertThat(stack.popSomeOr(most, NONE)).isZero();

        for (int index = 0; index < taken; index++) {
            assertThat(stack.belowOr(index, NONE)).isEqualTo(index + 1 < taken ? index + 1 : NONE);
        }
        for (int index = taken; index < 3; index++) {
            assertThat(stack.popOr(NONE)).isEqualTo(index);
        }
        assertThat(stack.popSomeOr(most, 9)).isEqualTo(9);
    }

    @Test
    void chainThatIsPushedLiesOnTopInItsOrder() {
        IndexStack stack = new IndexStack(5);
        stack.push(4);
        stack.link(2, 0);
        stack.link(0, 3);
        assertThat(stack.belowOr(2, NONE)).isZero();
        stack.push(2, 3);
        stack.push(1, 1);
        stack.validate();
        for (int index : new int[] {1, 2, 0, 3, 4}) {
            assertThat(stack.popOr(NONE)).isEqualTo(index);
        }
        assertThat(stack.isEmpty()).isTrue();
    }

    @Test
    void noneToPopIsRefused() {
        assertThatThrownBy(() -> IndexStack.full(2).popSomeOr(0, NONE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("most must be 1 or more: 0");
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 4, Integer.MAX_VALUE})
    void indexThatIsNoneOfTheStacksIsRefusedAndChangesNothing(int index) {
        IndexStack stack = new IndexStack(4);
        stack.push(1);
        assertThatThrownBy(() -> stack.push(index))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage("index must be in [0, 4): %d", index);
        assertThatThrownBy(() -> stack.belowOr(index, NONE))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> stack.link(0, index))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> stack.link(index, 0))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> stack.push(0, index))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> stack.push(index, 0))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(stack.popOr(NONE)).isEqualTo(1);
        assertThat(stack.popOr(NONE)).isEqualTo(NONE);
    }

    @Test
    void negativeNumberOfIndicesIsRefused() {
        assertThatThrownBy(() -> new IndexStack(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("n must be 0 or more: -1");
    }

    @Test
    @DisplayName("negative control: validate finds an index that was pushed twice")
    void validateFindsASecondPush() {
        IndexStack stack = new IndexStack(4);
        stack.push(1);
        stack.push(2);
        stack.validate();
        stack.push(1);
        assertThatThrownBy(stack::validate).isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 64})
    @DisplayName("R-02 an index has one owner at a time, and none is lost")
    void anIndexHasOneOwnerAtATime(int n) throws InterruptedException {
        IndexStack stack = IndexStack.full(n);
        AtomicIntegerArray owned = new AtomicIntegerArray(n);
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            final Random random = new Random(i);
            Thread thread = new Thread(() -> popAndPush(stack, owned, random));
            thread.setUncaughtExceptionHandler((_, e) -> thrown.set(e));
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(thrown.get()).isNull();
        stack.validate();
        for (int i = 0; i < n; i++) {
            assertThat(owned.getAndSet(stack.popOr(NONE), 1)).isZero();
        }
        assertThat(stack.isEmpty()).isTrue();
    }

    private static void popAndPush(IndexStack stack, AtomicIntegerArray owned, Random random) {
        int[] mine = new int[2];
        for (int round = 0; round < ROUNDS; round++) {
            final int wanted = 1 + random.nextInt(2);
            int count = 0;
            for (int index = 0; count < wanted && index != NONE; ) {
                index = stack.popOr(NONE);
                if (index != NONE) {
                    own(owned, index);
                    mine[count++] = index;
                }
            }
            if (random.nextInt(64) == 0) {
                popAllAndPush(stack, owned);
            }
            if (random.nextInt(4) == 0) {
                popSomeAndPushThem(stack, owned, 1 + random.nextInt(4));
            }
            for (int i = 0; i < count; i++) {
                owned.set(mine[i], 0);
                stack.push(mine[i]);
            }
        }
    }

    private static void popAllAndPush(IndexStack stack, AtomicIntegerArray owned) {
        int index = stack.popAllOr(NONE);
        while (index != NONE) {
            final int below = stack.belowOr(index, NONE);
            own(owned, index);
            owned.set(index, 0);
            stack.push(index);
            index = below;
        }
    }

    private static void popSomeAndPushThem(IndexStack stack, AtomicIntegerArray owned, int most) {
        final int top = stack.popSomeOr(most, NONE);
        int bottom = NONE;
        for (int index = top; index != NONE; index = stack.belowOr(index, NONE)) {
            own(owned, index);
            bottom = index;
        }
        if (top == NONE) {
            return;
        }
        for (int index = top; index != NONE; index = stack.belowOr(index, NONE)) {
            owned.set(index, 0);
        }
        stack.push(top, bottom);
    }

    private static void own(AtomicIntegerArray owned, int index) {
        if (owned.getAndSet(index, 1) != 0) {
            throw new AssertionError("index " + index + " has two owners");
        }
    }
}
