// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.sync.Mutex;
import io.offkraft.word.SchedulePoint;
import org.junit.jupiter.api.Test;

/** The example of the README. */
final class ExampleTest {
    @Test
    void mutexKeepsSectionsApart() {
        Explorer.of(
                        () -> {
                            Mutex mutex = new Mutex();
                            int[] count = new int[1];
                            Runnable section =
                                    () -> {
                                        mutex.lock();
                                        int seen = count[0];
                                        SchedulePoint.reach();
                                        count[0] = seen + 1;
                                        mutex.unlock();
                                    };
                            return Program.of(section, section)
                                    .check(() -> assertThat(count[0]).isEqualTo(2));
                        })
                .schedules(10_000)
                .seed(1)
                .explore();
    }
}
