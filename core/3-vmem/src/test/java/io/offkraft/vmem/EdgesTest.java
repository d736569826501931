// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import static io.offkraft.platform.MemoryFlags.MADV_POPULATE_WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.faults.FaultInjectingSystemCalls;
import io.offkraft.platform.Errno;
import io.offkraft.platform.MappingLimits;
import io.offkraft.platform.MemoryFlags;
import io.offkraft.platform.SystemCallException;
import io.offkraft.platform.SystemCalls;
import io.offkraft.word.PageOrder;
import io.offkraft.word.RawMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens at the edges: of huge pages, of stacks, of what could be populated. */
class EdgesTest {
    private static final long PAGE = PageOrder.PAGE_BYTES;
    private static final long HUGE = 8 * PAGE;

    /** A kernel with a pool of huge pages, as far as the space can tell. */
    private static SystemCalls withPool() {
        return ScriptedSystemCalls.over(
                SystemCalls.linux(),
                (call, arguments) -> {
                    if (call.equals("mmap")) {
                        final int size = -1 << MemoryFlags.HUGE_SHIFT;
                        arguments[3] = (int) arguments[3] & ~(MemoryFlags.MAP_HUGETLB | size);
                    }
                    return false;
                });
    }

    private static VirtualAddressSpace space(SystemCalls calls) {
        return VirtualAddressSpace.builder().bytes(64 * PAGE).systemCalls(calls).build();
    }

    @Test
    @DisplayName("V-09 every operation refuses a range that cuts a huge page, at either edge")
    void huge4KiBEdgesAreRefused() {
        try (VirtualAddressSpace space = space(withPool())) {
            final Area area = space.map(AreaRequest.anonymous(2 * HUGE).hugetlb(HUGE));
            assertThat(area.pageBytes()).isEqualTo(HUGE);
            RawMemory.fill(area.start(), area.bytes(), (byte) 3);
            for (final long[] cut :
                    new long[][] {{0, PAGE}, {PAGE, HUGE - PAGE}, {0, HUGE + PAGE}, {PAGE, HUGE}}) {
                final long from = area.start() + cut[0];
                final long bytes = cut[1];
                for (final Runnable operation :
                        List.<Runnable>of(
                                () -> space.unmap(from, bytes),
                                () -> space.unmap(from, bytes, Holes.SKIPPED),
                                () -> space.protect(from, bytes, Protection.READ),
                                () -> space.advise(from, bytes, Advice.DONT_NEED),
                                () -> space.discard(from, bytes),
                                () -> space.decommit(from, bytes),
                                () -> space.populate(from, bytes),
                                () -> space.lockInMemory(from, bytes),
                                () -> space.name(from, bytes, "cut"),
                                () -> space.hold(from, bytes),
                                () -> space.map(AreaRequest.anonymous(bytes).replacing(from)),
                                () -> space.map(AreaRequest.reserved(bytes).replacing(from)))) {
                    assertThatThrownBy(operation::run)
                            .isInstanceOf(VmemException.class)
                            .hasMessageContaining("must be whole pages of 32768 bytes");
                }
                assertThatThrownBy(() -> space.remap(from, bytes, 2 * bytes, Moving.ALLOWED))
                        .isInstanceOf(VmemException.class)
                        .hasMessageContaining("can't be remapped");
            }
            assertThat(space.areas()).containsExactly(area);
            assertThat(RawMemory.loadBytePlain(area.end() - 1)).isEqualTo((byte) 3);

            space.protect(area.start(), HUGE, Protection.READ);
            space.unmap(area.start() + HUGE, HUGE);
            assertThat(space.areas()).singleElement().returns(HUGE, Area::bytes);
            assertThat(KernelMappings.permissions(space)).isEqualTo(KernelMappings.expected(space));
        }
    }

    @Test
    @DisplayName("V-10 who runs over either end of a stack hits its guard, and nothing beyond it")
    void guardsAreHitAtBothEnds(@TempDir Path folder) throws IOException {
        final Path path = folder.resolve("bytes");
        Files.write(path, new byte[] {1, 2});
        try (VirtualAddressSpace space = space(SystemCalls.linux());
                FileChannel file = FileChannel.open(path, StandardOpenOption.READ);
                Arena arena = Arena.ofConfined()) {
            // The kernel writes where the thread would: refused with EFAULT instead of a signal.
            final LongConsumer write =
                    address -> {
                        final ByteBuffer one = RawMemory.segment(address, 1, arena).asByteBuffer();
                        try {
                            file.read(one, 0);
                        } catch (IOException refused) {
                            throw new IllegalStateException(refused);
                        }
                    };
            space.mapAnonymous(PAGE, PAGE, Protection.READ_WRITE);
            final Area stack = space.map(AreaRequest.stack(4 * PAGE));
            final long behind = space.mapAnonymous(PAGE, PAGE, Protection.READ_WRITE).start();
            final StackLayout layout = stack.stack();
            assertThat(layout).isNotNull();
            assertThat(behind).isEqualTo(layout.end());
            write.accept(stack.start());
            write.accept(stack.end() - 1);
            assertThat(RawMemory.loadBytePlain(stack.end() - 1)).isEqualTo((byte) 1);
            for (final long guarded :
                    new long[] {layout.start(), stack.start() - 1, stack.end(), layout.end() - 1}) {
                assertThatThrownBy(() -> write.accept(guarded))
                        .as("offset %d", guarded - layout.start())
                        .hasMessageContaining("Bad address");
            }
            write.accept(behind);
            write.accept(layout.start() - 1);
        }
    }

    @Test
    @DisplayName("V-02 plain memory comes in place of other with one call, and else is staged")
    void plainMemoryReplacesWithOneCall() {
        final FaultInjectingSystemCalls calls = FaultInjectingSystemCalls.none();
        try (VirtualAddressSpace space = space(calls)) {
            final long base = space.baseAddress();
            for (final Protection protection : Protection.values()) {
                space.mapAnonymousAt(base, 4 * PAGE, Protection.READ_WRITE);
                RawMemory.fill(base, 4 * PAGE, (byte) 7);
                final boolean isCharged =
                        protection == Protection.READ_WRITE && MappingLimits.isCommitStrict();
                final long before = calls.made();
                space.map(
                        AreaRequest.anonymous(2 * PAGE)
                                .protection(protection)
                                .replacing(base + PAGE));
                assertThat(calls.made() - before).isEqualTo(isCharged ? 3 : 1);
                assertThat(KernelMappings.permissions(space))
                        .isEqualTo(KernelMappings.expected(space));
                if (protection != Protection.NONE) {
                    assertThat(RawMemory.loadLongPlain(base + 2 * PAGE)).isZero();
                }
                assertThat(RawMemory.loadBytePlain(base + 3 * PAGE)).isEqualTo((byte) 7);
                space.unmap(base, 4 * PAGE);
            }
            assertThat(calls.succeeded("mremap")).isEqualTo(MappingLimits.isCommitStrict() ? 1 : 0);
            for (final AreaRequest staged :
                    List.of(
                            AreaRequest.anonymous(PAGE).populated(),
                            AreaRequest.anonymous(PAGE).lockedInMemory(),
                            AreaRequest.anonymous(PAGE).transparentHuge(),
                            AreaRequest.anonymous(PAGE).numa(NumaPolicy.DEFAULT))) {
                final long before = calls.succeeded("mremap");
                space.map(staged.replacing(base));
                assertThat(calls.succeeded("mremap")).isEqualTo(before + 1);
            }
        }
    }

    @Test
    @DisplayName("V-14 V-02 a populate that fails midway gives its pages back, and what was there")
    void populateThatFailsMidwayGivesItsPagesBack() {
        final AtomicBoolean armed = new AtomicBoolean();
        final SystemCalls calls =
                ScriptedSystemCalls.over(
                        SystemCalls.linux(),
                        (call, arguments) -> {
                            if (!call.equals("madvise") || !armed.getAndSet(false)) {
                                return false;
                            }
                            final long half = (long) arguments[1] / 2;
                            assertThat(arguments[2]).isEqualTo(MADV_POPULATE_WRITE);
                            SystemCalls.linux()
                                    .madvise((long) arguments[0], half, MADV_POPULATE_WRITE);
                            throw new SystemCallException(call, "stopped", Errno.ENOMEM);
                        });
        try (VirtualAddressSpace space = space(calls)) {
            final long base = space.baseAddress();
            armed.set(true);
            assertThatThrownBy(() -> space.map(AreaRequest.anonymous(8 * PAGE).populated()))
                    .isInstanceOf(SystemCallException.class)
                    .hasNoSuppressedExceptions();
            assertThat(armed).isFalse();
            assertThat(space.areas()).isEmpty();
            assertThat(space.residentBytes(base, space.bytes())).isZero();

            // The same in place of hole, area, hole.
            final Area old = space.mapAnonymousAt(base + 2 * PAGE, 2 * PAGE, Protection.READ_WRITE);
            RawMemory.fill(old.start(), old.bytes(), (byte) 7);
            final AreaRequest request = AreaRequest.anonymous(6 * PAGE).populated().replacing(base);
            armed.set(true);
            assertThatThrownBy(() -> space.map(request)).isInstanceOf(SystemCallException.class);
            assertThat(space.areas()).containsExactly(old);
            assertThat(space.residentBytes(base, space.bytes())).isEqualTo(2 * PAGE);
            assertThat(RawMemory.loadBytePlain(old.end() - 1)).isEqualTo((byte) 7);

            assertThat(space.map(request))
                    .isEqualTo(
                            new Area(
                                    base,
                                    base + 6 * PAGE,
                                    Area.Kind.ANONYMOUS,
                                    Protection.READ_WRITE));
            assertThat(space.residentBytes(base, space.bytes())).isEqualTo(6 * PAGE);
            assertThat(RawMemory.loadBytePlain(old.start())).isZero();
        }
    }
}
