// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import io.offkraft.workload.allocator.AllocatorKind;
import io.offkraft.workload.allocator.PeerLibrary;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The heaps that a benchmark compares, out of the names that were given.
 *
 * @param chosen those that take part
 * @param leftOut those that were not asked for by name and are not installed, a line each
 */
record Peers(List<AllocatorKind> chosen, List<String> leftOut) {
    private static final String ALL = "all";

    /** Those that have a name; "all" leaves out what is no heap. */
    private static final List<AllocatorKind> NAMED =
            Stream.concat(AllocatorKind.HEAPS.stream(), Stream.of(AllocatorKind.FLOOR)).toList();

    /** The names there are. */
    static final class Names implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Stream.concat(NAMED.stream().map(AllocatorKind::label), Stream.of(ALL))
                    .iterator();
        }
    }

    /**
     * Returns what {@code names} mean.
     *
     * @param isInstalled whether a library is there
     * @throws IllegalArgumentException if there is no such name, or one that was asked for is not
     *     installed; in one line
     */
    static Peers of(List<String> names, Predicate<PeerLibrary> isInstalled) {
        SequencedSet<AllocatorKind> chosen = new LinkedHashSet<>();
        List<String> leftOut = new ArrayList<>();
        for (String name : names) {
            if (!name.equals(ALL)) {
                chosen.add(named(name, isInstalled));
                continue;
            }
            for (AllocatorKind kind : AllocatorKind.HEAPS) {
                if (kind.library().map(isInstalled::test).orElse(true)) {
                    chosen.add(kind);
                } else {
                    leftOut.add(
                            kind.label()
                                    + " is left out: "
                                    + kind.library().orElseThrow().howToInstall());
                }
            }
        }
        // In one order, whatever the command line's: the first is what others are compared with.
        return new Peers(NAMED.stream().filter(chosen::contains).toList(), leftOut);
    }

    private static AllocatorKind named(String name, Predicate<PeerLibrary> isInstalled) {
        AllocatorKind kind =
                NAMED.stream()
                        .filter(each -> each.label().equals(name))
                        .findFirst()
                        .orElseThrow(() ->
                                new IllegalArgumentException(
                                        "--allocator must be one of %s: %s"
                                                .formatted(String.join(", ", new Names()), name)));
        kind.library()
                .filter(isInstalled.negate())
                .ifPresent(library -> {
                    throw new IllegalArgumentException(library.howToInstall());
                });
        return kind;
    }
}
