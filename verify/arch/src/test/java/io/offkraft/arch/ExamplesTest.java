// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The examples of the documents compile, run, and print what they say. */
final class ExamplesTest {
    private static final Path EXAMPLES = Checkout.ROOT.resolve("docs/examples");
    private static final String PRINTS = "// prints: ";

    static List<String> examples() throws IOException {
        try (Stream<Path> files = Files.list(EXAMPLES)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".java"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void examplePrintsWhatItSays(String example) throws Exception {
        Path file = EXAMPLES.resolve(example);
        List<String> expected =
                Files.readAllLines(file).stream()
                        .filter(line -> line.startsWith(PRINTS))
                        .map(line -> line.substring(PRINTS.length()))
                        .toList();
        assertThat(expected).isNotEmpty();
        Process program =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                file.toString())
                        .redirectErrorStream(true)
                        .start();
        String output = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(program.waitFor()).as(output).isZero();
        assertThat(output.lines()).containsExactlyElementsOf(expected);
    }

    @Test
    void everyJavaBlockOfADocumentIsPartOfAnExampleOrATest() throws IOException {
        List<String> sources = new ArrayList<>();
        for (String example : examples()) {
            sources.add(Files.readString(EXAMPLES.resolve(example)));
        }
        try (Stream<Path> tests = Files.walk(Checkout.ROOT.resolve("verify"))) {
            for (Path test : tests.filter(file -> file.endsWith("ExampleTest.java")).toList()) {
                sources.add(Files.readString(test));
            }
        }
        assertThat(new Documents(Checkout.ROOT).javaBlocks())
                .isNotEmpty()
                .allMatch(block -> sources.stream().anyMatch(source -> source.contains(block)));
    }
}
