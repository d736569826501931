// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch;

import com.tngtech.archunit.core.importer.Location;
import java.io.File;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collector;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The project's modules on the class path, as they were built: a folder of classes or a jar each.
 */
final class ProjectModules {
    private static final String PREFIX = "io.offkraft.";

    private ProjectModules() {}

    /** Returns the module descriptor that was compiled for each module, by the module's name. */
    static Map<String, ModuleDescriptor> descriptors() {
        return places().stream()
                .flatMap(place -> ModuleFinder.of(place).findAll().stream())
                .map(reference -> reference.descriptor())
                .filter(descriptor -> descriptor.name().startsWith(PREFIX))
                .collect(Collectors.toMap(ModuleDescriptor::name, Function.identity()));
    }

    /** Returns where the classes of the modules are. */
    private static List<Path> places() {
        String classPath = System.getProperty("java.class.path");
        return Pattern.compile(File.pathSeparator, Pattern.LITERAL)
                .splitAsStream(classPath)
                .map(Path::of)
                .filter(ProjectModules::isOurs)
                .toList();
    }

    /** Returns the same places for ArchUnit, which takes a jar as a URI. */
    static List<Location> locations() {
        return places().stream()
                .map(place ->
                        Files.isDirectory(place)
                                ? Location.of(place)
                                : Location.of(URI.create("jar:" + place.toUri() + "!/")))
                .toList();
    }

    private static boolean isOurs(Path entry) {
        String name = entry.getFileName().toString();
        return name.equals("classes") || (name.startsWith("offkraft-") && name.endsWith(".jar"));
    }

    /**
     * Returns what a descriptor says, a line a directive and sorted, in the words of a
     * module-info.java; without java.base, that every module requires.
     */
    static List<String> directives(ModuleDescriptor module) {
        Stream<String> requires =
                module.requires().stream()
                        .filter(required -> !required.name().equals("java.base"))
                        .map(required ->
                                required.modifiers().stream()
                                        .map(modifier ->
                                                modifier.name().toLowerCase(Locale.ROOT) + " ")
                                        .sorted()
                                        .collect(
                                                Collectors.joining(
                                                        "", "requires ", required.name())));
        Stream<String> exports =
                module.exports().stream()
                        .map(export ->
                                "exports "
                                        + export.source()
                                        + export.targets().stream().sorted().collect(targets()));
        Stream<String> opens = module.opens().stream().map(open -> "opens " + open.source());
        return Stream.of(requires, exports, opens).flatMap(Function.identity()).sorted().toList();
    }

    private static Collector<CharSequence, ?, String> targets() {
        return Collectors.collectingAndThen(
                Collectors.joining(", "), targets -> targets.isEmpty() ? "" : " to " + targets);
    }
}
