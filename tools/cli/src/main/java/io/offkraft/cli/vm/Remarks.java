// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What of a log is not replayed, or not just as it was recorded: counted, by name.
 *
 * <p><b>Thread safety:</b> any thread.
 */
final class Remarks {
    private final Map<String, Remark> remarks = new LinkedHashMap<>();

    /** Counts {@code what}, met in {@code line}. */
    synchronized void add(String what, int line) {
        remarks.merge(
                what,
                new Remark(what, 1, line),
                (old, _) -> new Remark(what, old.count() + 1, Math.min(old.firstLine(), line)));
    }

    synchronized List<Remark> all() {
        return List.copyOf(new ArrayList<>(remarks.values()));
    }
}
