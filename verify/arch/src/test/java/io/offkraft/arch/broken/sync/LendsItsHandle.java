// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch.broken.sync;

import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/** Breaks the rule of handles: the whole package may reach the field. */
final class LendsItsHandle {
    static final VarHandle STATE = ValueLayout.JAVA_INT.varHandle();

    private LendsItsHandle() {}
}
