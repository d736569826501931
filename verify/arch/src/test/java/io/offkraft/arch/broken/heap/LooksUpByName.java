// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch.broken.heap;

/** Breaks the rule of reflection: a class by its name. */
final class LooksUpByName {
    private LooksUpByName() {}

    static Class<?> lookUp() throws ClassNotFoundException {
        return Class.forName("java.lang.Object");
    }
}
