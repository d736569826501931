// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import io.offkraft.workload.WorkloadKind;
import java.util.Iterator;
import java.util.stream.Stream;

/** The names of what {@code bench} runs: the workloads of heaps, and its other tables. */
final class WorkloadNames implements Iterable<String> {
    static final String SCALING = "scaling";
    static final String ARENAS = "arenas";
    static final String PAGES = "pages";

    @Override
    public Iterator<String> iterator() {
        return Stream.concat(
                        WorkloadKind.ofHeaps().stream().map(WorkloadKind::label),
                        Stream.of(SCALING, ARENAS, PAGES))
                .iterator();
    }
}
