// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.heap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.offkraft.platform.ProcessBarrier;
import io.offkraft.sync.Synchronization;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Who may be in a stripe: its tenant without the lock, and others who suspend the tenure. */
@Tag("several-cpus")
class TenureTest {
    private static final int VISITS = Boolean.getBoolean("stress") ? 2_000_000 : 50_000;

    private final Heap heap =
            Heap.builder()
                    .capacityBytes(2 << 20)
                    .synchronization(Synchronization.SPIN)
                    .decay(Duration.ofHours(1))
                    .build();

    /** The heap's first stripe; nobody else uses it. */
    private final Stripe stripe = heap.stripes().get(0);

    /** What the guard guards. Plain: only the guard makes additions of two threads add up. */
    private long counted;

    @AfterEach
    void close() {
        heap.close();
    }

    private Tenure appoint(Thread thread) {
        final Tenure tenure = new Tenure(thread, stripe);
        stripe.lock();
        stripe.appoint(tenure);
        stripe.unlock();
        return tenure;
    }

    @Test
    @DisplayName("a tenant enters, and nobody else does")
    void onlyTheTenantEnters() throws InterruptedException {
        assumeTrue(ProcessBarrier.isAvailable());
        final Thread self = Thread.currentThread();
        final Tenure tenure = appoint(self);
        assertThat(tenure.enterOrNull(self)).isSameAs(stripe);
        tenure.leave();
        final AtomicReference<Stripe> other = new AtomicReference<>();
        final Thread stranger =
                new Thread(() -> other.set(tenure.enterOrNull(Thread.currentThread())));
        stranger.start();
        stranger.join();
        assertThat(other).hasNullValue();
        appoint(new Thread(() -> {}));
        assertThat(tenure.enterOrNull(self)).as("after the tenure").isNull();
        assertThat(tenure.isBusy()).isFalse();
    }

    @Test
    @DisplayName("the tenant with the lock suspends nobody")
    void tenantTakesTheLock() {
        final Thread self = Thread.currentThread();
        final Tenure tenure = appoint(self);
        stripe.lock();
        assertThat(tenure.holds()).isTrue();
        stripe.unlock();
        assertThat(stripe.tryLock()).as("a stripe that is somebody's").isFalse();
    }

    @Test
    @DisplayName("B-01 what a tenant and others do in a stripe is not done at the same time")
    void tenantAndOthersExclude() throws InterruptedException {
        assumeTrue(ProcessBarrier.isAvailable());
        final AtomicBoolean stop = new AtomicBoolean();
        final long[] ofTenant = new long[1];
        final Thread tenant =
                new Thread(() -> {
                    final Thread self = Thread.currentThread();
                    final Tenure mine = appoint(self);
                    while (!stop.get()) {
                        if (mine.enterOrNull(self) != null) {
                            ofTenant[0]++;
                            counted++;
                            mine.leave();
                        } else {
                            stripe.lock();
                            ofTenant[0]++;
                            counted++;
                            stripe.unlock();
                        }
                    }
                });
        tenant.start();
        for (int visit = 0; visit < VISITS; visit++) {
            stripe.lock();
            counted++;
            stripe.unlock();
        }
        stop.set(true);
        tenant.join();
        assertThat(counted).isEqualTo(ofTenant[0] + VISITS);
    }

    @Test
    @DisplayName("B-01 tenures that follow each other are never held at the same time")
    void tenuresFollowEachOther() throws InterruptedException {
        assumeTrue(ProcessBarrier.isAvailable());
        final int threads = 4;
        final Thread[] tenants = new Thread[threads];
        final long[] own = new long[threads];
        for (int i = 0; i < threads; i++) {
            final int me = i;
            tenants[i] =
                    new Thread(() -> {
                        final Thread self = Thread.currentThread();
                        for (int turn = 0; turn < VISITS / 100; turn++) {
                            final Tenure mine = appoint(self);
                            while (mine.enterOrNull(self) != null) {
                                counted++;
                                own[me]++;
                                mine.leave();
                                if (own[me] % 1000 == 0) {
                                    break;
                                }
                            }
                        }
                    });
            tenants[i].start();
        }
        long sum = 0;
        for (int i = 0; i < threads; i++) {
            tenants[i].join();
            sum += own[i];
        }
        assertThat(counted).isEqualTo(sum);
    }
}
