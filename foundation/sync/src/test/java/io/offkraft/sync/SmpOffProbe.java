// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * The main class of a child process: says what a thousand locks are made of under its {@code
 * offkraft.smp}.
 */
final class SmpOffProbe {
    private SmpOffProbe() {}

    public static void main(String[] args) throws InterruptedException {
        final ExclusiveLock[] locks = new ExclusiveLock[1_000];
        Arrays.setAll(locks, _ -> Synchronization.SPIN.newLock(LockClass.named("test")));
        final Set<ExclusiveLock> distinct = Collections.newSetFromMap(new IdentityHashMap<>());
        distinct.addAll(Arrays.asList(locks));
        distinct.remove(NoLock.INSTANCE);
        System.out.println(distinct.size() + " lock objects");

        final CounterUnderLock.Result result =
                new CounterUnderLock(locks[0]).run(1, 100_000, Runnable::run);
        System.out.println(result.exact() ? "sum exact" : result.toString());
        System.out.println(Synchronization.defaultChoice());
    }
}
