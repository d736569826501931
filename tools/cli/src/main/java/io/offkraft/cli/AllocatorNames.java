// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import io.offkraft.workload.allocator.AllocatorKind;
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
                        AllocatorKind.REPLAYED.stream().map(AllocatorKind::label), Stream.of(ALL))
                .iterator();
    }

    /** Returns the allocators called {@code name}, or nothing if none is. */
    static Optional<List<AllocatorKind>> kinds(String name) {
        if (name.equals(ALL)) {
            return Optional.of(AllocatorKind.REPLAYED);
        }
        return AllocatorKind.REPLAYED.stream()
                .filter(kind -> kind.label().equals(name))
                .findFirst()
                .map(List::of);
    }
}
