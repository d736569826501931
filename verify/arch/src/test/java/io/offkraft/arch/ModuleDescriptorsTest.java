// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleDescriptor.Requires.Modifier;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Pins what each module requires and exports. The other tests run on the class path, where the
 * module system enforces nothing; this one reads the descriptors that were compiled.
 */
final class ModuleDescriptorsTest {
    private static final String NULLNESS = "requires static transitive org.jspecify";

    /**
     * The whole of the run-time core, bottom up. A new line here is a new dependency or a new piece
     * of API: both are a decision (docs/decisions).
     */
    private static final Map<String, List<String>> RUN_TIME =
            Map.of(
                    "io.offkraft.config",
                    List.of("exports io.offkraft.config", NULLNESS),
                    "io.offkraft.word",
                    List.of("exports io.offkraft.word", "requires io.offkraft.config", NULLNESS),
                    "io.offkraft.sync",
                    List.of(
                            "exports io.offkraft.sync",
                            "requires io.offkraft.config",
                            "requires io.offkraft.word",
                            NULLNESS),
                    "io.offkraft.lockfree",
                    List.of(
                            "exports io.offkraft.lockfree",
                            "requires io.offkraft.sync",
                            "requires io.offkraft.word",
                            NULLNESS),
                    "io.offkraft.platform",
                    List.of("exports io.offkraft.platform", "requires io.offkraft.word", NULLNESS),
                    "io.offkraft.vmem",
                    List.of(
                            "exports io.offkraft.vmem",
                            "requires io.offkraft.word",
                            NULLNESS,
                            "requires transitive io.offkraft.platform",
                            "requires transitive io.offkraft.sync"),
                    "io.offkraft.buddy",
                    List.of(
                            "exports io.offkraft.buddy",
                            "requires io.offkraft.lockfree",
                            "requires io.offkraft.word",
                            NULLNESS,
                            "requires transitive io.offkraft.config",
                            "requires transitive io.offkraft.vmem"),
                    "io.offkraft.heap",
                    List.of(
                            "exports io.offkraft.heap",
                            "requires io.offkraft.config",
                            "requires io.offkraft.lockfree",
                            "requires io.offkraft.word",
                            NULLNESS,
                            "requires transitive io.offkraft.buddy"));

    static Set<String> runTimeModules() {
        return RUN_TIME.keySet();
    }

    @ParameterizedTest
    @MethodSource("runTimeModules")
    void runTimeModuleRequiresAndExportsWhatTheTableSays(String module) {
        assertThat(ProjectModules.descriptors()).containsKey(module);
        assertThat(ProjectModules.directives(ProjectModules.descriptors().get(module)))
                .containsExactlyElementsOf(RUN_TIME.get(module));
    }

    @Test
    void oracleKnowsNoAllocator() {
        assertThat(
                        ProjectModules.directives(
                                ProjectModules.descriptors().get("io.offkraft.oracle")))
                .containsExactly(
                        "exports io.offkraft.oracle", "requires io.offkraft.word", NULLNESS);
    }

    @Test
    void workloadsBringThePeersAndNoRunTimeModuleNeedsThem() {
        assertThat(
                        ProjectModules.directives(
                                ProjectModules.descriptors().get("io.offkraft.workload")))
                .contains("requires io.netty.buffer", "requires transitive io.offkraft.heap");
        assertThat(RUN_TIME.values().stream().flatMap(List::stream))
                .noneMatch(directive -> directive.contains("netty"))
                .noneMatch(directive -> directive.contains("workload"));
    }

    @Test
    void commandExportsNothing() {
        assertThat(ProjectModules.descriptors().get("io.offkraft.cli").exports()).isEmpty();
    }

    @Test
    void everyModuleOnTheClassPathIsPinned() {
        assertThat(ProjectModules.descriptors().keySet())
                .containsAll(RUN_TIME.keySet())
                .containsAll(
                        List.of("io.offkraft.oracle", "io.offkraft.workload", "io.offkraft.cli"))
                .hasSize(RUN_TIME.size() + 3);
    }

    @Test
    @DisplayName("negative control: an added dependency, export or opening shows in the directives")
    void addedDirectivesShow() {
        ModuleDescriptor grown =
                ModuleDescriptor.newModule("io.offkraft.word")
                        .requires(Set.of(Modifier.STATIC, Modifier.TRANSITIVE), "org.jspecify")
                        .requires("java.sql")
                        .exports("io.offkraft.word")
                        .exports("io.offkraft.word.inner", Set.of("io.offkraft.heap"))
                        .opens("io.offkraft.word")
                        .build();
        assertThat(ProjectModules.directives(grown))
                .containsExactly(
                        "exports io.offkraft.word",
                        "exports io.offkraft.word.inner to io.offkraft.heap",
                        "opens io.offkraft.word",
                        "requires java.sql",
                        NULLNESS)
                .isNotEqualTo(RUN_TIME.get("io.offkraft.word"));
    }
}
