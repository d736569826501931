// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class InterruptStateTest {
    @Test
    @DisplayName("L-06 nested masks give the outer one back")
    void nestedMasksRestoreTheOuter() throws InterruptedException {
        final List<String> log = new ArrayList<>();
        InterruptibleThread.run(thread -> {
            final InterruptState.Token outer = InterruptState.save();
            final InterruptState.Token inner = InterruptState.save();
            thread.interruptBy(() -> log.add("handler"));
            InterruptState.restore(inner);
            assertThat(InterruptState.interruptsEnabled()).isFalse();
            assertThat(log).isEmpty();
            InterruptState.restore(outer);
            assertThat(InterruptState.interruptsEnabled()).isTrue();
        });
        assertThat(log).containsExactly("handler");
    }

    @Test
    @DisplayName("L-06 a restore out of order, twice, or of another thread changes nothing")
    void wrongRestoreIsAnError() throws InterruptedException {
        InterruptibleThread.run(_ -> {
            final InterruptState.Token outer = InterruptState.save();
            final InterruptState.Token inner = InterruptState.save();
            assertRefused(outer, "reverse order");
            InterruptState.restore(inner);
            assertRefused(inner, "reverse order");
            assertThat(InterruptState.interruptsEnabled()).isFalse();
            InterruptState.restore(outer);
            assertRefused(outer, "reverse order");
        });
        final List<InterruptState.Token> foreign = new ArrayList<>();
        InterruptibleThread.run(_ -> foreign.add(InterruptState.save()));
        assertRefused(foreign.getFirst(), "not saved by this thread");
    }

    private static void assertRefused(InterruptState.Token token, String why) {
        assertThatThrownBy(() -> InterruptState.restore(token))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(why);
    }
}
