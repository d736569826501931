// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.negative;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * A seeded bug: one module, compiled from its real sources with one piece of text replaced.
 *
 * <p>Nothing of it is in the product. If the sources change so that the text is no longer there,
 * exactly once, making the mutant fails, so a mutant can't become a copy of the original unnoticed.
 *
 * @param module the module's folder, from the repository's root
 * @param file the file's name
 * @param original the text that is replaced
 * @param replacement what stands there instead
 */
record Mutant(String module, String file, String original, String replacement) {
    private static final Path ROOT = Path.of("..", "..").toAbsolutePath().normalize();

    static Path root() {
        return ROOT;
    }

    /** Compiles the mutated module into {@code classes}. */
    void compileInto(Path classes) throws IOException {
        Path mutatedSources = Files.createDirectories(classes.resolveSibling("sources"));
        List<Path> sources = new ArrayList<>();
        int mutated = 0;
        for (Path source : sourcesOf(ROOT.resolve(module).resolve("src/main/java"))) {
            if (source.getFileName().toString().equals(file)) {
                Path copy = mutatedSources.resolve(file);
                Files.writeString(copy, mutate(Files.readString(source)));
                sources.add(copy);
                mutated++;
            } else {
                sources.add(source);
            }
        }
        if (mutated != 1) {
            throw new IllegalStateException(mutated + " files are called " + file);
        }
        compile(sources, classes);
    }

    private String mutate(String source) {
        int at = source.indexOf(original);
        if (at < 0 || source.indexOf(original, at + 1) >= 0) {
            throw new IllegalStateException(file + " must contain exactly once: " + original);
        }
        return source.substring(0, at) + replacement + source.substring(at + original.length());
    }

    private static List<Path> sourcesOf(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> !file.endsWith("module-info.java"))
                    .toList();
        }
    }

    private static void compile(List<Path> sources, Path classes) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> messages = new DiagnosticCollector<>();
        try (StandardJavaFileManager files =
                compiler.getStandardFileManager(messages, null, StandardCharsets.UTF_8)) {
            List<String> options =
                    List.of(
                            "-d",
                            Files.createDirectories(classes).toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            "-proc:none",
                            "-nowarn");
            boolean compiled =
                    compiler.getTask(
                                    null,
                                    files,
                                    messages,
                                    options,
                                    null,
                                    files.getJavaFileObjectsFromPaths(sources))
                            .call();
            if (!compiled) {
                List<Diagnostic<? extends JavaFileObject>> all = messages.getDiagnostics();
                throw new IllegalStateException("the mutant does not compile: " + all);
            }
        }
    }
}
