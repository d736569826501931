// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Documents lead where they say, and every folder says what lives there. */
final class DocumentsTest {
    private static final List<String> FOLDERS =
            List.of("core", "foundation", "tools", "verify", "bench", "docs", "etc", "traces");

    @TempDir private Path folder;

    @Test
    void everyRelativeLinkLeadsSomewhere() throws IOException {
        assertThat(new Documents(Checkout.ROOT).brokenLinks()).isEmpty();
    }

    @Test
    @DisplayName("negative control: a link to a missing file or heading is found, others are not")
    void brokenLinkIsFound() throws IOException {
        Files.writeString(folder.resolve("other.md"), "# Some heading, here\n");
        Files.writeString(
                folder.resolve("a.md"),
                """
                # Top
                [no file](gone.md) ![no picture](gone.svg) [no heading](other.md#gone) [no own](#gone)
                [file](other.md) [heading](other.md#some-heading-here) [own](#top) [web](https://example.org/)
                `[code](gone.md)`
                ```
                [code](gone.md)
                ```
                """);
        Files.createDirectories(folder.resolve("target"));
        Files.writeString(folder.resolve("target/made.md"), "[made](gone.md)");
        assertThat(new Documents(folder).brokenLinks())
                .containsExactly(
                        "a.md: gone.md", "a.md: gone.svg", "a.md: other.md#gone", "a.md: #gone");
    }

    @Test
    void everyFolderSaysWhatLivesThereAndWhatMustNot() throws IOException {
        assertThat(new Documents(Checkout.ROOT).foldersWithoutReadme(FOLDERS)).isEmpty();
    }

    @Test
    @DisplayName("negative control: a folder without README, or one that does not say it, is found")
    void silentFolderIsFound() throws IOException {
        for (String room : List.of("core/good", "core/none", "core/half", "core/target")) {
            Files.createDirectories(folder.resolve(room));
        }
        Files.writeString(folder.resolve("core/README.md"), "# Core\n\nNot here: tools.\n");
        Files.writeString(folder.resolve("core/good/README.md"), "# Good\n\nNot here: bad.\n");
        Files.writeString(folder.resolve("core/half/README.md"), "# Half\n\nHere: a half.\n");
        assertThat(new Documents(folder).foldersWithoutReadme(List.of("core")))
                .containsExactly("core/half", "core/none");
    }

    @Test
    void everyDecisionIsInTheIndex() throws IOException {
        Path decisions = Checkout.ROOT.resolve("docs/decisions");
        String index = Files.readString(decisions.resolve("README.md"));
        try (var pages = Files.list(decisions)) {
            assertThat(pages.map(page -> page.getFileName().toString()))
                    .filteredOn(name -> !name.equals("README.md"))
                    .isNotEmpty()
                    .allMatch(name -> index.contains("(" + name + ")"));
        }
    }

    @Test
    void everyScenarioThatATestNamesExists() throws IOException {
        Pattern named = Pattern.compile("@DisplayName\\(\\s*\"([A-Z]-\\d\\d)");
        String scenarios = Files.readString(Checkout.ROOT.resolve("docs/scenarios.md"));
        var ids = new TreeSet<String>();
        try (var files = Files.walk(Checkout.ROOT)) {
            for (Path file : files.filter(DocumentsTest::isTest).toList()) {
                named.matcher(Files.readString(file))
                        .results()
                        .forEach(match -> ids.add(match.group(1)));
            }
        }
        assertThat(ids)
                .isNotEmpty()
                .allMatch(
                        scenario -> scenarios.contains(scenario + " "), "is in docs/scenarios.md");
    }

    private static boolean isTest(Path file) {
        return file.toString().endsWith(".java") && file.toString().contains("/src/test/");
    }
}
