// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch.broken.heap;

import java.lang.reflect.Method;

/** Breaks the rule of reflection: a method by its name. */
final class InvokesAMethod {
    private InvokesAMethod() {}

    static Method lookUp() throws NoSuchMethodException {
        return Object.class.getMethod("hashCode");
    }
}
