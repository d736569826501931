// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * The handles of a space by address; they do not overlap. A range's handles are changed by who has
 * claimed the range only.
 */
final class Handles {
    private final ConcurrentSkipListMap<Long, AreaHandle> byStart = new ConcurrentSkipListMap<>();

    /** Files a handle, of a range in which there is none. */
    void add(AreaHandle handle) {
        List<AreaHandle> clash = within(handle.address(), handle.end());
        if (!clash.isEmpty()) {
            throw new VmemException(
                    "hold",
                    handle.address(),
                    handle.bytes(),
                    "a range has one handle, to be shared, and there is the " + clash.get(0));
        }
        byStart.put(handle.address(), handle);
    }

    /** Ends the scopes of all handles that have a part in a range: access will not be the same. */
    void suspend(String call, long start, long end) {
        if (!byStart.isEmpty()) {
            for (AreaHandle handle : within(start, end)) {
                handle.suspend(call);
            }
        }
    }

    /** Says that the memory of all handles that have a part in a range is gone. */
    void forget(long start, long end) {
        if (!byStart.isEmpty()) {
            for (AreaHandle handle : within(start, end)) {
                handle.forget();
                byStart.remove(handle.address(), handle);
            }
        }
    }

    private List<AreaHandle> within(long start, long end) {
        List<AreaHandle> found = new ArrayList<>();
        Map.Entry<Long, AreaHandle> before = byStart.lowerEntry(start);
        if (before != null && before.getValue().end() > start) {
            found.add(before.getValue());
        }
        found.addAll(byStart.subMap(start, end).values());
        return found;
    }
}
