// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import io.offkraft.cli.allocator.AllocatorKind;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The names that {@code --allocator} takes: the allocators' labels, and one for all of them. */
final class AllocatorNames implements Iterable<String> {
    private static final String ALL = "all";

    @Override
    public Iterator<String> iterator() {
        return Stream.concat(
                        Arrays.stream(AllocatorKind.values()).map(AllocatorKind::label),
                        Stream.of(ALL))
                .iterator();
    }

    /** Returns the allocators called {@code name}, or nothing if none is. */
    static Optional<List<AllocatorKind>> kinds(String name) {
        if (name.equals(ALL)) {
            return Optional.of(List.of(AllocatorKind.values()));
        }
        return Arrays.stream(AllocatorKind.values())
                .filter(kind -> kind.label().equals(name))
                .findFirst()
                .map(List::of);
    }
}
