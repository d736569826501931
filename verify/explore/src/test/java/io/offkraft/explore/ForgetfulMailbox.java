// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.explore;

import io.offkraft.lockfree.MpmcLongRing;
import io.offkraft.word.SchedulePoint;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Broken: looks at the ring, and only then says that it sleeps; remembers one sleeper a side. */
final class ForgetfulMailbox implements MailPrograms.Box {
    private static final long NONE = -1;

    private final MpmcLongRing ring = new MpmcLongRing(2);
    private final @Nullable Thread[] sleepers = new Thread[2];

    private void await(int side, BooleanSupplier question) {
        try {
            await(side, question, Long.MAX_VALUE);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private boolean await(int side, BooleanSupplier question, long nanos)
            throws InterruptedException {
        long end = SchedulePoint.nanoTime() + Math.min(nanos, Long.MAX_VALUE / 2);
        while (!question.getAsBoolean()) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            long left = end - SchedulePoint.nanoTime();
            if (left <= 0) {
                return false;
            }
            SchedulePoint.reach();
            sleepers[side] = Thread.currentThread();
            SchedulePoint.parkNanos(this, left);
        }
        wake(1 - side);
        return true;
    }

    private void wake(int side) {
        SchedulePoint.reach();
        LockSupport.unpark(sleepers[side]);
    }

    @Override
    public void post(long value) {
        await(0, () -> ring.offer(value));
    }

    @Override
    public boolean post(long value, long nanos) throws InterruptedException {
        return await(0, () -> ring.offer(value), nanos);
    }

    @Override
    public boolean tryPost(long value) {
        boolean posted = ring.offer(value);
        wake(1);
        return posted;
    }

    private static boolean isSet(long[] value, long polled) {
        value[0] = polled;
        return polled != NONE;
    }

    @Override
    public long receive() {
        long[] value = new long[1];
        await(1, () -> isSet(value, ring.pollOr(NONE)));
        return value[0];
    }

    @Override
    public long receiveOr(long ifNone, long nanos) throws InterruptedException {
        long[] value = new long[1];
        return await(1, () -> isSet(value, ring.pollOr(NONE)), nanos) ? value[0] : ifNone;
    }

    @Override
    public long tryReceiveOr(long ifEmpty) {
        long value = ring.pollOr(ifEmpty);
        wake(0);
        return value;
    }

    @Override
    public int size() {
        return ring.size();
    }
}
