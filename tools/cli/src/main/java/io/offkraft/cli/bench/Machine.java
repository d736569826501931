// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.bench;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.offkraft.platform.PhysicalMemory;
import io.offkraft.workload.allocator.PeerLibrary;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the figures were measured with. The components are the JSON's fields; null where it could
 * not be told.
 *
 * @param processor the processor's model
 * @param cpus CPUs that this process may use
 * @param memoryBytes the machine's memory
 * @param kernel the operating system
 * @param hugePages when the kernel gives transparent huge pages
 * @param cLibrary the C library's version
 * @param java the JDK's version
 * @param netty Netty's version
 * @param jemalloc the library's file
 * @param mimalloc the library's file
 * @param commit the state of the sources
 */
@JsonPropertyOrder({
    "processor",
    "cpus",
    "memoryBytes",
    "kernel",
    "hugePages",
    "cLibrary",
    "java",
    "netty",
    "jemalloc",
    "mimalloc",
    "commit"
})
public record Machine(
        @Nullable String processor,
        int cpus,
        long memoryBytes,
        String kernel,
        @Nullable String hugePages,
        @Nullable String cLibrary,
        String java,
        @Nullable String netty,
        @Nullable String jemalloc,
        @Nullable String mimalloc,
        @Nullable String commit) {
    private static final Pattern MODEL = Pattern.compile("(?m)^model name\\s*:\\s*(.+)$");
    private static final Pattern CHOSEN = Pattern.compile("\\[(\\w+)]");

    /** Returns what this process finds. */
    public static Machine ofThisProcess() {
        return new Machine(
                first(MODEL, "/proc/cpuinfo"),
                Runtime.getRuntime().availableProcessors(),
                PhysicalMemory.totalBytes(),
                "%s %s, %s"
                        .formatted(
                                System.getProperty("os.name"),
                                System.getProperty("os.version"),
                                System.getProperty("os.arch")),
                first(CHOSEN, "/sys/kernel/mm/transparent_hugepage/enabled"),
                firstLine("getconf", "GNU_LIBC_VERSION"),
                System.getProperty("java.vendor.version", System.getProperty("java.vendor"))
                        + ", "
                        + Runtime.version(),
                version("io.netty.buffer"),
                file(PeerLibrary.JEMALLOC),
                file(PeerLibrary.MIMALLOC),
                commitOrNull());
    }

    private static @Nullable String first(Pattern pattern, String file) {
        try {
            return pattern.matcher(Files.readString(Path.of(file)))
                    .results()
                    .map((MatchResult match) -> match.group(1).strip())
                    .findFirst()
                    .orElse(null);
        } catch (IOException _) {
            return null; // another kernel has no such file
        }
    }

    private static @Nullable String version(String module) {
        return ModuleLayer.boot()
                .findModule(module)
                .map(Module::getDescriptor)
                .flatMap(ModuleDescriptor::rawVersion)
                .orElse(null);
    }

    private static @Nullable String file(PeerLibrary library) {
        return library.find().map(Machine::target).orElse(null);
    }

    private static String target(Path file) {
        try {
            return file.toRealPath().toString();
        } catch (IOException _) {
            return file.toString();
        }
    }

    /** Returns the commit of the checkout that this code was built in. */
    private static @Nullable String commitOrNull() {
        return Optional.ofNullable(Machine.class.getProtectionDomain().getCodeSource())
                .map(source -> Path.of(source.getLocation().getPath()))
                .map(code -> Files.isDirectory(code) ? code : code.getParent())
                .map(folder ->
                        firstLine(
                                "git",
                                "-C",
                                folder.toString(),
                                "describe",
                                "--always",
                                "--dirty",
                                "--abbrev=12",
                                "--exclude=*"))
                .orElse(null);
    }

    /** Returns the first line that a command prints; null if it is not there or fails. */
    private static @Nullable String firstLine(String... command) {
        try {
            Process process =
                    new ProcessBuilder(command)
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start();
            process.getOutputStream().close();
            List<String> lines = process.inputReader(StandardCharsets.UTF_8).readAllLines();
            return process.onExit().join().exitValue() == 0 && !lines.isEmpty()
                    ? lines.getFirst()
                    : null;
        } catch (IOException _) {
            return null;
        }
    }
}
