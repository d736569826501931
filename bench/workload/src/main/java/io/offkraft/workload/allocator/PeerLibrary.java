// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload.allocator;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An allocator that is a library of its own, and may or may not be installed. */
public enum PeerLibrary {
    /** jemalloc. */
    JEMALLOC("libjemalloc.so.2", "libjemalloc2", true),
    /** mimalloc. */
    MIMALLOC("libmimalloc.so.2", "libmimalloc2.0", false);

    private final String file;
    private final String debianPackage;
    private final boolean fromTheStart;

    PeerLibrary(String file, String debianPackage, boolean fromTheStart) {
        this.file = file;
        this.debianPackage = debianPackage;
        this.fromTheStart = fromTheStart;
    }

    /** Returns the file, or nothing if it is not installed where libraries are. */
    public Optional<Path> find() {
        return find(folders());
    }

    /** Returns the file out of the first of {@code folders} that has it. */
    Optional<Path> find(List<Path> folders) {
        return folders.stream()
                .map(folder -> folder.resolve(file))
                .filter(Files::isReadable)
                .findFirst();
    }

    /** Returns what to do about it if it is not there, in one line. */
    public String howToInstall() {
        return "%s was not found; install %s (Debian, Ubuntu: apt install %s)"
                .formatted(file, name().toLowerCase(java.util.Locale.ROOT), debianPackage);
    }

    /** Returns whether a process must be started with it (LD_PRELOAD). */
    public boolean isNeededFromTheStart() {
        return fromTheStart;
    }

    /**
     * Returns its symbols.
     *
     * @throws IllegalArgumentException if it cannot be loaded
     */
    @SuppressWarnings("restricted") // a peer, asked for by name
    SymbolLookup lookup() {
        Path path = find().orElseThrow(() -> new IllegalArgumentException(howToInstall()));
        return SymbolLookup.libraryLookup(path, Arena.global());
    }

    /** Returns where the loader looks, as far as can be told without it. */
    private static List<Path> folders() {
        List<Path> folders = new ArrayList<>();
        String extra = Map.copyOf(System.getenv()).getOrDefault("LD_LIBRARY_PATH", "");
        for (String folder : extra.split(":", -1)) {
            if (!folder.isEmpty()) {
                folders.add(Path.of(folder));
            }
        }
        for (String folder : List.of("/usr/local/lib", "/usr/lib64", "/usr/lib", "/lib")) {
            folders.add(Path.of(folder));
        }
        // Where Debian and its kin put those of one kind of machine.
        try (DirectoryStream<Path> machines =
                Files.newDirectoryStream(Path.of("/usr/lib"), "*-linux-gnu")) {
            machines.forEach(folders::add);
        } catch (IOException _) {
            // none such: the others will do
        }
        return folders;
    }
}
