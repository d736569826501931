// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The Markdown documents below a folder, and what is wrong with them. */
final class Documents {
    private static final Set<String> OTHERS = Set.of("target", ".git", "results");
    private static final Pattern FENCED = Pattern.compile("(?ms)^```.*?^```");
    private static final Pattern INLINE_CODE = Pattern.compile("`[^`\n]*`");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ +(.+?) *$");
    private static final Pattern JAVA_BLOCK = Pattern.compile("(?ms)^```java\n(.*?)^```");

    private final Path root;

    Documents(Path root) {
        this.root = root;
    }

    /** Returns all documents, with what the build and git have made left out. */
    List<Path> all() throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(file -> file.toString().endsWith(".md"))
                    .filter(this::isSource)
                    .sorted()
                    .toList();
        }
    }

    private boolean isSource(Path file) {
        for (Path part : root.relativize(file)) {
            if (OTHERS.contains(part.toString())) {
                return false;
            }
        }
        return true;
    }

    /** Returns "document: link" for every relative link whose file or heading does not exist. */
    List<String> brokenLinks() throws IOException {
        List<String> broken = new ArrayList<>();
        for (Path document : all()) {
            Matcher link = LINK.matcher(withoutCode(Files.readString(document)));
            while (link.find()) {
                String target = link.group(1);
                if (!target.matches("[a-z]+:.*") && !exists(document, target)) {
                    broken.add(root.relativize(document) + ": " + target);
                }
            }
        }
        return broken;
    }

    private static boolean exists(Path document, String target) throws IOException {
        int hash = target.indexOf('#');
        String file = hash < 0 ? target : target.substring(0, hash);
        Path linked = file.isEmpty() ? document : document.resolveSibling(file);
        if (!Files.exists(linked)) {
            return false;
        }
        return hash < 0 || anchors(Files.readString(linked)).contains(target.substring(hash + 1));
    }

    /** Returns the anchors that a document's headings get: lower case, hyphens, no punctuation. */
    private static Set<String> anchors(String text) {
        return HEADING.matcher(FENCED.matcher(text).replaceAll(""))
                .results()
                .map(heading -> heading.group(1).toLowerCase(Locale.ROOT))
                .map(heading -> heading.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
                .collect(Collectors.toSet());
    }

    private static String withoutCode(String text) {
        return INLINE_CODE.matcher(FENCED.matcher(text).replaceAll("")).replaceAll("");
    }

    /** Returns the Java blocks of all documents. */
    List<String> javaBlocks() throws IOException {
        List<String> blocks = new ArrayList<>();
        for (Path document : all()) {
            JAVA_BLOCK
                    .matcher(Files.readString(document))
                    .results()
                    .forEach(block -> blocks.add(block.group(1)));
        }
        return blocks;
    }

    /**
     * Returns each of {@code folders} and of the folders directly in them whose README is missing
     * or does not say what lives there and what must not.
     */
    List<String> foldersWithoutReadme(List<String> folders) throws IOException {
        List<String> silent = new ArrayList<>();
        for (String name : folders) {
            Path folder = root.resolve(name);
            try (Stream<Path> entries = Files.list(folder)) {
                Stream.concat(Stream.of(folder), entries.filter(Files::isDirectory))
                        .filter(this::isSource)
                        .sorted()
                        .filter(room -> !hasReadme(room))
                        .forEach(room -> silent.add(root.relativize(room).toString()));
            }
        }
        return silent;
    }

    private static boolean hasReadme(Path folder) {
        try {
            Path readme = folder.resolve("README.md");
            return Files.exists(readme) && Files.readString(readme).contains("\nNot here: ");
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
