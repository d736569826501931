// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.EvaluationResult;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The project keeps the {@linkplain Rules rules of its architecture}, and the broken twins under
 * {@code io.offkraft.arch.broken} break each of them: a rule that rejects nothing proves nothing.
 */
final class ArchitectureTest {
    private static final String PROJECT = "io.offkraft";
    private static final String BROKEN = "io.offkraft.arch.broken";

    private static final JavaClasses MAIN =
            new ClassFileImporter().importLocations(ProjectModules.locations());
    private static final String USES_UNSAFE = BROKEN + ".buddy.UsesUnsafe";

    @TempDir private static Path generated;

    private static JavaClasses twins = new ClassFileImporter().importPaths(List.of());

    @BeforeAll
    static void importTwins() throws IOException, URISyntaxException {
        writeUserOfUnsafe();
        URL compiled = ArchitectureTest.class.getResource("broken");
        assertThat(compiled).isNotNull();
        twins = new ClassFileImporter().importPaths(Path.of(compiled.toURI()), generated);
    }

    /** Writes the twin that javac would not compile without a warning that nothing can suppress. */
    private static void writeUserOfUnsafe() throws IOException {
        byte[] twin =
                ClassFile.of()
                        .build(
                                ClassDesc.of(USES_UNSAFE),
                                type ->
                                        type.withField(
                                                "unsafe",
                                                ClassDesc.of("sun.misc.Unsafe"),
                                                ClassFile.ACC_PRIVATE));
        Files.write(generated.resolve("UsesUnsafe.class"), twin);
    }

    /** A rule, and the twins that it must find fault with. */
    record Rule(String name, Function<String, ArchRule> of, List<String> culprits) {
        Rule(String name, Function<String, ArchRule> of, String... culprits) {
            this(name, of, List.of(culprits));
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static List<Rule> rules() {
        return List.of(
                new Rule(
                        "layers",
                        Rules::layersUseOnlyThoseBelow,
                        "platform.CallsUpward",
                        "word.UsesATest",
                        "word.UsesATool"),
                new Rule(
                        "restricted methods",
                        Rules::onlyWordAndPlatformCallRestrictedMethods,
                        "vmem.Reinterprets"),
                new Rule("linking", Rules::onlyPlatformLinks, "word.LinksAFunction"),
                new Rule("internals", Rules::nobodyUsesInternals, "buddy.UsesUnsafe"),
                new Rule(
                        "reflection",
                        Rules::coreUsesNoReflection,
                        "heap.LooksUpByName",
                        "heap.InvokesAMethod"),
                new Rule(
                        "dependencies",
                        Rules::coreDependsOnNothingElse,
                        "heap.BringsALibrary",
                        "buddy.UsesUnsafe"),
                new Rule("names", Rules::namesSayWhatATypeIs, "heap.BlockManager"),
                new Rule("handles", Rules::varHandlesArePrivate, "sync.LendsItsHandle"),
                new Rule("locking", Rules::structuresLockByLocking, "heap.LocksItself"),
                new Rule(
                        "atomics",
                        Rules::atomicsAreCounted,
                        "sync.TakesUncounted",
                        "heap.CountsOneOfTwo"));
    }

    @ParameterizedTest
    @MethodSource("rules")
    void projectKeepsTheRule(Rule rule) {
        rule.of().apply(PROJECT).check(MAIN);
    }

    @ParameterizedTest
    @MethodSource("rules")
    @DisplayName("negative control: the rule rejects its broken twins and nothing else")
    void ruleRejectsItsBrokenTwins(Rule rule) {
        EvaluationResult result = rule.of().apply(BROKEN).evaluate(twins);
        List<String> reported = result.getFailureReport().getDetails();
        for (String culprit : rule.culprits()) {
            assertThat(reported).anyMatch(line -> line.contains("broken." + culprit));
        }
        assertThat(reported)
                .allMatch(line ->
                        rule.culprits().stream()
                                .anyMatch(culprit -> line.contains("broken." + culprit)));
    }

    @Test
    void everyLayerIsLookedAt() {
        assertThat(Arrays.stream(Layer.values()).map(layer -> layer.packageUnder(PROJECT)))
                .allMatch(
                        name -> MAIN.stream().anyMatch(type -> type.getPackageName().equals(name)));
    }

    @Test
    void testsAreNotTakenForTheProject() {
        assertThat(MAIN).noneMatch(type -> type.getPackageName().startsWith("io.offkraft.arch"));
    }
}
