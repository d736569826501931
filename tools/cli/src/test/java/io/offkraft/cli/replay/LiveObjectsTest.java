// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.cli.trace.TraceWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LiveObjectsTest {
    @TempDir private Path folder = Path.of("");

    @Test
    void afterAllCallsWhatWasNotFreedLives() {
        ReplayPlan plan = plan();

        LiveObjects live = LiveObjects.after(plan, new int[] {4, 2});

        assertThat(live.objects()).containsExactly(1);
        assertThat(live.threads()).as("who made its last call").containsExactly(0);
        assertThat(live.bytes()).isEqualTo(70);
    }

    @Test
    void callsThatWereNotMadeDoNotCount() {
        ReplayPlan plan = plan();

        assertThat(LiveObjects.after(plan, new int[] {0, 0}).objects()).isEmpty();
        assertThat(LiveObjects.after(plan, new int[] {2, 0}).objects()).containsExactly(0, 1);
        assertThat(LiveObjects.after(plan, new int[] {2, 1}).threads()).containsExactly(0, 1);
        assertThat(LiveObjects.after(plan, new int[] {2, 1}).bytes()).isEqualTo(10 + 50);
        assertThat(LiveObjects.after(plan, new int[] {3, 1}).bytes()).isEqualTo(5 + 50);
    }

    private ReplayPlan plan() {
        return ReplayPlan.asRecorded(
                new TraceWriter()
                        .malloc(10)
                        .malloc(20)
                        .thread(1)
                        .realloc(1, 50)
                        .thread(0)
                        .realloc(0, 5)
                        .thread(1)
                        .free(0)
                        .thread(0)
                        .realloc(1, 70)
                        .read(folder));
    }
}
