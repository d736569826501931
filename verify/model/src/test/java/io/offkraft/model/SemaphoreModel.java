// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.model;

import io.offkraft.sync.Semaphore;
import org.jetbrains.lincheck.datastructures.Operation;

/** L-11: tokens that are taken and given without waiting are neither lost nor doubled. */
public class SemaphoreModel {
    private final Semaphore semaphore = new Semaphore(1);

    @Operation
    public boolean tryAcquire() {
        return semaphore.tryAcquire();
    }

    @Operation
    public void release() {
        semaphore.release();
    }

    @Operation
    public int takeAll() {
        return semaphore.takeAll();
    }

    @Operation
    public int available() {
        return semaphore.available();
    }

    /** Tokens taken by a load and a store: must be rejected. */
    public static class TwoSteps {
        private volatile int tokens = 1;

        @Operation
        public boolean tryAcquire() {
            int present = tokens;
            if (present == 0) {
                return false;
            }
            tokens = present - 1;
            return true;
        }

        @Operation
        public void release() {
            int present = tokens;
            tokens = present + 1;
        }

        @Operation
        public int takeAll() {
            int present = tokens;
            tokens = 0;
            return present;
        }
    }
}
