// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import io.offkraft.lockfree.MpmcLongRing;
import io.offkraft.sync.Semaphore;

/** A mailbox that counts room and values by semaphores: it loses nothing, but is not exact. */
final class CountedMailbox implements MailPrograms.Box {
    private final MpmcLongRing ring = new MpmcLongRing(2);
    private final Semaphore room = new Semaphore(2);
    private final Semaphore values = new Semaphore(0);

    private boolean put(long value) {
        if (!ring.offer(value)) {
            throw new AssertionError("room, but no room");
        }
        values.releaseIsr();
        return true;
    }

    private long take() {
        long value = ring.pollOr(-1);
        if (value == -1) {
            throw new AssertionError("a value, but no value");
        }
        room.releaseIsr();
        return value;
    }

    @Override
    public void post(long value) {
        room.acquire();
        put(value);
    }

    @Override
    public boolean post(long value, long nanos) throws InterruptedException {
        return room.tryAcquire(nanos) && put(value);
    }

    @Override
    public boolean tryPost(long value) {
        return room.tryAcquire() && put(value);
    }

    @Override
    public long receive() {
        values.acquire();
        return take();
    }

    @Override
    public long receiveOr(long ifNone, long nanos) throws InterruptedException {
        return values.tryAcquire(nanos) ? take() : ifNone;
    }

    @Override
    public long tryReceiveOr(long ifEmpty) {
        return values.tryAcquire() ? take() : ifEmpty;
    }

    @Override
    public int size() {
        return ring.size();
    }
}
