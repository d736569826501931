// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The safe face: whatever happens to the memory, an access through a segment does no harm. */
class AreaHandleTest {
    private static final long PAGE = PageOrder.PAGE_BYTES;
    private static final int ROUNDS = Boolean.getBoolean("stress") ? 20_000 : 300;

    private final VirtualAddressSpace space = VirtualAddressSpace.reserve(64 * PAGE);

    @AfterEach
    void close() {
        space.close();
    }

    @Test
    @DisplayName("V-05 after an unmap a segment throws, and so does its handle")
    void segmentEndsWithTheUnmap() {
        final AreaHandle handle = space.mapHeld(AreaRequest.anonymous(2 * PAGE));
        final MemorySegment segment = handle.segment();
        assertThat(segment.byteSize()).isEqualTo(2 * PAGE);
        assertThat(handle.segment()).isSameAs(segment);
        segment.set(JAVA_LONG, PAGE, 42);
        space.unmap(handle.address() + PAGE, PAGE);
        assertThatThrownBy(() -> segment.get(JAVA_LONG, 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("Already closed");
        assertThat(handle.isStale()).isTrue();
        assertThatThrownBy(handle::segment).isInstanceOf(StaleHandleException.class);
        final AreaHandle other = space.mapHeld(AreaRequest.anonymous(PAGE));
        other.segment().set(JAVA_LONG, 0, 43);
        assertThatThrownBy(handle::segment).isInstanceOf(StaleHandleException.class);
        handle.close();
        assertThat(other.segment().get(JAVA_LONG, 0)).as("another's").isEqualTo(43);
        other.close();
        other.close();
        assertThat(space.committedBytes()).isEqualTo(PAGE); // the half that was not unmapped
    }

    @Test
    @DisplayName("V-04 each change after which an access could go wrong ends the segment first")
    void changesEndTheSegment() {
        for (final Runnable change :
                List.<Runnable>of(
                        () -> space.decommit(space.baseAddress(), PAGE),
                        () -> space.unmap(space.baseAddress(), 4 * PAGE),
                        () -> space.remap(space.baseAddress(), 4 * PAGE, PAGE, Moving.REFUSED),
                        () ->
                                space.map(
                                        AreaRequest.anonymous(PAGE)
                                                .replacing(space.baseAddress() + PAGE)),
                        space::close)) {
            space.unmap(space.baseAddress(), space.bytes(), Holes.SKIPPED);
            final AreaHandle handle = space.mapHeld(AreaRequest.anonymous(4 * PAGE));
            final MemorySegment segment = handle.segment();
            change.run();
            assertThatThrownBy(() -> segment.get(JAVA_LONG, 0))
                    .isInstanceOf(IllegalStateException.class);
            assertThat(handle.isStale()).isTrue();
            assertThatThrownBy(handle::segment).isInstanceOf(StaleHandleException.class);
        }
    }

    @Test
    @DisplayName("V-04 a change of protection gives a new segment that allows what it says")
    void protectionChangesTheSegment() {
        final AreaHandle handle = space.mapHeld(AreaRequest.anonymous(2 * PAGE));
        final MemorySegment first = handle.segment();
        first.set(JAVA_LONG, 0, 42);
        space.protect(handle.address(), PAGE, Protection.READ);
        assertThatThrownBy(() -> first.set(JAVA_LONG, 0, 43))
                .isInstanceOf(IllegalStateException.class);
        final MemorySegment second = handle.segment();
        assertThat(second.isReadOnly()).isTrue();
        assertThat(second.get(JAVA_LONG, 0)).isEqualTo(42);
        space.protect(handle.address(), PAGE, Protection.NONE);
        assertThatThrownBy(handle::segment)
                .isInstanceOf(VmemException.class)
                .hasMessageContaining("may not be read at present");
        assertThat(handle.isStale()).isFalse();
        space.protect(handle.address(), PAGE, Protection.READ_WRITE);
        handle.segment().set(JAVA_LONG, 0, 44);
        space.discard(handle.address(), PAGE);
        assertThat(handle.segment().get(JAVA_LONG, 0)).isZero();
    }

    @Test
    void rangeHasOneHandle() {
        final AreaHandle handle = space.mapHeld(AreaRequest.anonymous(2 * PAGE));
        assertThatThrownBy(() -> space.hold(handle.address() + PAGE, PAGE))
                .hasMessageContaining("a range has one handle");
        final Area reserved = space.reserveArea(PAGE, PAGE);
        assertThatThrownBy(() -> space.hold(reserved.start(), PAGE))
                .hasMessageContaining("must have memory");
        assertThat(handle)
                .hasToString(
                        "handle of [0x%x, 0x%x)"
                                .formatted(handle.address(), handle.address() + 2 * PAGE));
    }

    @Test
    @DisplayName("V-04 a segment that a channel reads into refuses the change, until it has read")
    void segmentInUseRefusesTheChange() throws Exception {
        final AreaHandle handle = space.mapHeld(AreaRequest.anonymous(PAGE));
        final Pipe pipe = Pipe.open();
        final Thread reader =
                new Thread(() -> {
                    int bytes = 0;
                    while (bytes == 0) {
                        try {
                            bytes = pipe.source().read(handle.segment().asByteBuffer());
                        } catch (IllegalStateException endedBefore) {
                            bytes = 0; // once more
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    }
                });
        reader.start();
        VmemException refusal = null;
        while (refusal == null) {
            try {
                space.protect(handle.address(), PAGE, Protection.READ_WRITE);
            } catch (VmemException inUse) {
                refusal = inUse;
            }
        }
        assertThat(refusal).hasMessageContaining("a native call or a channel uses the segment");
        assertThat(handle.isStale()).isFalse();
        pipe.sink().write(ByteBuffer.wrap(new byte[] {42}));
        reader.join();
        assertThat(handle.segment().get(JAVA_BYTE, 0)).isEqualTo((byte) 42);
        space.unmap(handle.address(), PAGE);
        pipe.sink().close();
        pipe.source().close();
    }

    @Test
    @DisplayName("V-12 pages that were cut off a file are an error to touch, not the end")
    void pagesCutOffAFile(@TempDir Path folder) throws IOException {
        try (MappedFile file = MappedFile.open(folder.resolve("cut"), MappedFile.Access.CREATE)) {
            file.setBytes(4 * PAGE);
            final AreaHandle handle = space.mapHeld(AreaRequest.fileShared(file));
            final MemorySegment segment = handle.segment();
            segment.set(JAVA_LONG, 3 * PAGE, 42);
            file.setBytes(PAGE);
            for (int errors = 0; errors < 2_000; errors++) { // interpreted, and compiled
                assertThatThrownBy(() -> touchForEver(segment)).isInstanceOf(InternalError.class);
            }
            assertThat(segment.get(JAVA_LONG, 0)).isZero();
        }
    }

    /** Until the virtual machine throws: it may do so a little after the access. */
    private static void touchForEver(MemorySegment segment) {
        while (true) {
            segment.get(JAVA_LONG, 3 * PAGE);
        }
    }

    @Test
    @DisplayName("V-04 V-05 V-13 who touches while others unmap sees its own data or an error")
    void touchAgainstUnmap() throws InterruptedException {
        final AtomicReference<AreaHandle> current =
                new AtomicReference<>(space.mapHeld(AreaRequest.anonymous(PAGE)));
        final AtomicBoolean stop = new AtomicBoolean();
        final AtomicLong seen = new AtomicLong();
        final AtomicLong errors = new AtomicLong();
        final List<Throwable> failures = new ArrayList<>();
        final Thread reader =
                new Thread(() -> {
                    while (!stop.get()) {
                        try {
                            final AreaHandle handle = current.get();
                            final long value = handle.segment().get(JAVA_LONG, 0);
                            // Each owner writes its own address.
                            if (value != 0) {
                                assertThat(value).isEqualTo(handle.address());
                                seen.incrementAndGet();
                            }
                        } catch (IllegalStateException | StaleHandleException gone) {
                            errors.incrementAndGet();
                        }
                    }
                });
        reader.setUncaughtExceptionHandler((_, thrown) -> failures.add(thrown));
        reader.start();
        for (int round = 0; round < ROUNDS || (seen.get() == 0 && reader.isAlive()); round++) {
            final AreaHandle next = space.mapHeld(AreaRequest.anonymous(PAGE));
            next.segment().set(JAVA_LONG, 0, next.address());
            current.getAndSet(next).close();
            // Another owner at once, where the last one was.
            final Area other = space.mapAnonymous(PAGE, PAGE, Protection.READ_WRITE);
            RawMemory.storeLongPlain(other.start(), -1);
            space.unmap(other.start(), PAGE);
        }
        stop.set(true);
        reader.join();
        assertThat(failures).isEmpty();
        assertThat(seen.get()).isPositive();
    }
}
