// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;

/**
 * The file that stands for all files of a recording, whose names and contents no log has.
 *
 * <p>It is empty: pages of a file may be mapped behind its end, and a replay touches none. It has
 * no name any more when it is used.
 */
final class BackingFile {
    private BackingFile() {}

    /** Has {@code open} open a new file, and takes its name away. */
    static <T> T openedBy(Function<Path, T> open) {
        try {
            Path file = Files.createTempFile("offkraft-replay", ".pages");
            try {
                return open.apply(file);
            } finally {
                Files.delete(file);
            }
        } catch (IOException failed) {
            throw new UncheckedIOException("can't make a temporary file to map", failed);
        }
    }
}
