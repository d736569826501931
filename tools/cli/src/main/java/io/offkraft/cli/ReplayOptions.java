// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import io.offkraft.sync.Synchronization;
import java.util.Locale;

/** The options of a replay whose values are words, each shown as it is typed. */
final class ReplayOptions {
    private ReplayOptions() {}

    private static String typed(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    /** {@code --smp}. */
    enum Toggle {
        ON,
        OFF;

        @Override
        public String toString() {
            return typed(this);
        }
    }

    /** {@code --verify}. */
    enum Verify {
        FULL,
        OFF;

        @Override
        public String toString() {
            return typed(this);
        }
    }

    /** {@code --format}. */
    enum Format {
        TEXT,
        JSON;

        @Override
        public String toString() {
            return typed(this);
        }
    }

    /** {@code --synchronization}. */
    enum Locks {
        NONE(Synchronization.NONE),
        SPIN(Synchronization.SPIN),
        TICKET(Synchronization.TICKET),
        MCS(Synchronization.MCS),
        RW(Synchronization.RW),
        BIG_READER(Synchronization.BIG_READER),
        MUTEX(Synchronization.MUTEX);

        private final Synchronization synchronization;

        Locks(Synchronization synchronization) {
            this.synchronization = synchronization;
        }

        Synchronization synchronization() {
            return synchronization;
        }

        @Override
        public String toString() {
            return typed(this);
        }
    }
}
