// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** The layers, bottom up; a layer is a package of that name in lower case, and what is below it. */
enum Layer {
    CONFIG,
    WORD,
    SYNC,
    LOCKFREE,
    PLATFORM,
    VMEM,
    BUDDY,
    HEAP,
    ORACLE,
    WORKLOAD,
    CLI;

    /** What a program that uses Offkraft runs: no tool, no test. */
    static final Set<Layer> RUN_TIME = EnumSet.range(CONFIG, HEAP);

    /** Returns whether a class of this layer may use one of {@code other}. */
    boolean mayUse(Layer other) {
        return this == other || below().contains(other);
    }

    private Set<Layer> below() {
        return switch (this) {
            case CONFIG -> Set.of();
            case WORD -> Set.of(CONFIG);
            case SYNC -> Set.of(CONFIG, WORD);
            case LOCKFREE -> Set.of(CONFIG, WORD, SYNC);
            case PLATFORM, ORACLE -> Set.of(WORD);
            case VMEM -> Set.of(WORD, SYNC, PLATFORM);
            case BUDDY -> EnumSet.range(CONFIG, VMEM);
            case HEAP -> EnumSet.range(CONFIG, BUDDY);
            case WORKLOAD -> EnumSet.range(CONFIG, HEAP);
            case CLI -> EnumSet.range(CONFIG, WORKLOAD);
        };
    }

    /** Returns the package of this layer under {@code root}, whose sub-packages belong to it. */
    String packageUnder(String root) {
        return root + "." + name().toLowerCase(Locale.ROOT);
    }

    /** Returns the layer that a package belongs to; empty for tests, benchmarks and others. */
    static Optional<Layer> of(String packageName, String root) {
        return Arrays.stream(values())
                .filter(layer -> isIn(packageName, layer.packageUnder(root)))
                .findFirst();
    }

    /** Returns whether {@code packageName} is {@code folder} or below it. */
    static boolean isIn(String packageName, String folder) {
        return packageName.equals(folder) || packageName.startsWith(folder + ".");
    }
}
