// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.lockfree;

import io.offkraft.lockfree.RetiredList.Retired;
import java.util.ArrayList;
import java.util.List;

/** The list of retired items, for models. */
public final class LentRetiredList {
    private final RetiredList list = new RetiredList();

    /** Adds an item. */
    public void add(int item) {
        list.add(new Retired(item, _ -> {}));
    }

    /** Takes all items, oldest first. */
    public List<Integer> takeAll() {
        List<Integer> items = new ArrayList<>();
        Retired next = RetiredList.reversed(list.takeAll());
        while (next != null) {
            items.add((int) next.item);
            next = next.next;
        }
        return items;
    }

    /** Returns whether there is none. */
    public boolean isEmpty() {
        return list.isEmpty();
    }
}
