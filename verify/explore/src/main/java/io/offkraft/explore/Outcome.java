// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import org.jspecify.annotations.Nullable;

/** Why a schedule failed. */
record Outcome(ScheduleFailure.Kind kind, String message, @Nullable Throwable cause) {}
