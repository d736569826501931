// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.offkraft.cli.trace.Trace;
import io.offkraft.cli.trace.TraceWriter;
import io.offkraft.word.RawMemory;
import io.offkraft.workload.allocator.AllocatorKind;
import io.offkraft.workload.allocator.Blocks;
import io.offkraft.workload.allocator.HeapOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each broken allocator has one fault, which has to show in its column and in no other. */
@Timeout(120)
class VerificationTest {
    static final List<AllocatorKind> REPLAYED = AllocatorKind.REPLAYED;

    private static final int OBJECTS = 40;

    @TempDir private Path folder = Path.of("");
    private final List<String> lines = new CopyOnWriteArrayList<>();

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7})
    void correctAllocatorPasses(int threads) {
        Trace trace = RandomTrace.of(4711, 20_000, 1).read(folder);

        Verdict verdict = verify(trace, threads, new HonestBlocks(trace.objects()));

        assertThat(verdict.isClean()).isTrue();
        assertThat(verdict.leaks()).isZero();
        assertThat(verdict.leftOver()).isPositive();
        assertThat(lines).isEmpty();
    }

    @ParameterizedTest
    @FieldSource("REPLAYED")
    @DisplayName("M-06 every real allocator passes on recorded threads and on eight")
    void everyRealAllocatorPasses(AllocatorKind kind) {
        Trace trace = RandomTrace.of(815, 10_000, 5).read(folder);
        for (ReplayPlan plan :
                List.of(ReplayPlan.asRecorded(trace), ReplayPlan.onThreads(trace, 8))) {
            try (Blocks blocks = kind.open(trace.objects(), new HeapOptions(null, null))) {
                Verdict verdict =
                        Verification.run(plan, blocks, kind.crew(plan.threads()), lines::add);
                assertThat(verdict.isClean()).as("%s", lines).isTrue();
            }
        }
    }

    @Test
    void blockHandedOutTwiceIsAnOverlapThatNamesBothOwners() {
        Verdict verdict =
                verify(
                        new HonestBlocks(OBJECTS) {
                            @Override
                            public long address(int object) {
                                return super.address(object == 7 ? 3 : object);
                            }
                        });

        assertThat(verdict).isEqualTo(new Verdict(1, 0, 0, 0L, OBJECTS / 2));
        assertThat(lines)
                .singleElement()
                .asString()
                .startsWith(
                        "overlap: object 7 (record 7: malloc of 107 bytes) and object 3 (record 3:"
                                + " malloc of 103 bytes) share bytes of [0x");
    }

    @Test
    void blockThatReachesIntoTheNextIsAnOverlap() {
        Verdict verdict =
                verify(
                        new HonestBlocks(OBJECTS) {
                            @Override
                            public long address(int object) {
                                return object == 7 ? super.address(3) + 96 : super.address(object);
                            }
                        });

        assertThat(verdict).isEqualTo(new Verdict(1, 0, 0, 0L, OBJECTS / 2));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 55, 109})
    void reallocThatLosesAByteIsACorruption(long offset) {
        Verdict verdict =
                verify(
                        new HonestBlocks(OBJECTS) {
                            @Override
                            public boolean reallocate(int object, long sizeBytes) {
                                boolean done = super.reallocate(object, sizeBytes);
                                spoil(address(object) + offset);
                                return done;
                            }
                        });

        assertThat(verdict).isEqualTo(new Verdict(0, 1, 0, 0L, OBJECTS / 2));
        assertThat(lines)
                .singleElement()
                .asString()
                .startsWith("corruption: object 10 (record 40: realloc to 500 bytes) holds 0x")
                .endsWith(
                        "at offset %d of 110 after record 40 (realloc to 500 bytes)"
                                .formatted(offset));
    }

    @Test
    void reallocThatShrinksAndLosesAByteIsACorruption() {
        Trace trace = new TraceWriter().malloc(1000).realloc(0, 100).free(0).read(folder);

        Verdict verdict =
                verify(
                        trace,
                        1,
                        new HonestBlocks(1) {
                            @Override
                            public boolean reallocate(int object, long sizeBytes) {
                                boolean done = super.reallocate(object, sizeBytes);
                                spoil(address(object) + 99);
                                return done;
                            }
                        });

        assertThat(verdict).isEqualTo(new Verdict(0, 1, 0, 0L, 0));
    }

    @Test
    void writeIntoALiveBlockIsACorruption() {
        Verdict verdict =
                verify(
                        new HonestBlocks(OBJECTS) {
                            @Override
                            public boolean allocate(int object, long sizeBytes, int alignLog2) {
                                if (object == 20) {
                                    spoil(address(2) + 101); // its last byte
                                }
                                return super.allocate(object, sizeBytes, alignLog2);
                            }
                        });

        assertThat(verdict).isEqualTo(new Verdict(0, 1, 0, 0L, OBJECTS / 2));
        assertThat(lines).singleElement().asString().contains("object 2 ").contains("offset 101");
    }

    @Test
    void callocThatIsNotZeroIsACorruption() {
        Verdict verdict =
                verify(
                        new HonestBlocks(OBJECTS) {
                            @Override
                            public boolean allocateZeroed(int object, long sizeBytes) {
                                boolean done = super.allocateZeroed(object, sizeBytes);
                                spoil(address(object) + sizeBytes - 1);
                                return done;
                            }
                        });

        assertThat(verdict).isEqualTo(new Verdict(0, 1, 0, 0L, OBJECTS / 2));
        assertThat(lines).singleElement().asString().contains("it has to be zero");
    }

    @Test
    void blockThatIsNotAlignedAsAskedIsACorruption() {
        Verdict verdict =
                verify(
                        new HonestBlocks(OBJECTS) {
                            @Override
                            public boolean allocate(int object, long sizeBytes, int alignLog2) {
                                boolean aligned = alignLog2 > 0;
                                return super.allocate(
                                        object, sizeBytes + (aligned ? 64 : 0), alignLog2);
                            }

                            @Override
                            public long address(int object) {
                                return super.address(object) + (object == OBJECTS - 1 ? 64 : 0);
                            }
                        });

        assertThat(verdict).isEqualTo(new Verdict(0, 1, 0, 0L, OBJECTS / 2));
        assertThat(lines).singleElement().asString().endsWith("which is not aligned to 4096");
    }

    @Test
    void rejectedFreeIsAMisuse() {
        Verdict verdict =
                verify(
                        new HonestBlocks(OBJECTS) {
                            @Override
                            public void free(int object) {
                                if (object == 6) {
                                    throw new IllegalStateException("double free");
                                }
                                super.free(object);
                            }
                        });

        assertThat(verdict).isEqualTo(new Verdict(0, 0, 1, 0L, OBJECTS / 2));
        assertThat(lines)
                .containsExactly(
                        "misuse: object 6, record 44 (free): java.lang.IllegalStateException:"
                                + " double free");
    }

    @Test
    void freeThatDoesNothingIsALeak() {
        Verdict verdict =
                verify(
                        new HonestBlocks(OBJECTS) {
                            @Override
                            public void free(int object) {
                                if (object % 10 != 0) {
                                    super.free(object);
                                }
                            }
                        });

        assertThat(verdict).isEqualTo(new Verdict(0, 0, 0, 4L, OBJECTS / 2));
        assertThat(lines)
                .containsExactly("leak: 4 blocks are live in the allocator after all frees");
    }

    @Test
    void leaksAreUnknownWhereTheAllocatorDoesNotCount() {
        Verdict verdict =
                verify(
                        new HonestBlocks(OBJECTS) {
                            @Override
                            public OptionalLong liveBlocks() {
                                return OptionalLong.empty();
                            }
                        });

        assertThat(verdict.leaks()).isNull();
        assertThat(verdict.isClean()).isTrue();
    }

    @Test
    void manyFindingsAreCountedAndTheFirstDescribed() {
        Verdict verdict =
                verify(
                        new HonestBlocks(OBJECTS) {
                            @Override
                            public long address(int object) {
                                return super.address(0);
                            }
                        });

        assertThat(verdict.overlaps()).isEqualTo(OBJECTS - 1);
        assertThat(lines).hasSize(Findings.MAX_DESCRIBED + 1);
        assertThat(lines.getLast()).isEqualTo("more was found; only the first 10 are described");
    }

    @Test
    void exhaustionFreesEverythingAndTellsRecordRequestAndWhatWasLive() {
        HonestBlocks blocks =
                new HonestBlocks(OBJECTS) {
                    @Override
                    public boolean reallocate(int object, long sizeBytes) {
                        return false;
                    }

                    @Override
                    public OptionalLong limitBytes() {
                        return OptionalLong.of(12345);
                    }
                };

        assertThatThrownBy(() -> verify(blocks))
                .isInstanceOf(ReplayOutOfMemoryException.class)
                .hasMessage(
                        "record 40: out of memory: realloc to 500 bytes for object 10;"
                                + " the limit is 12345 bytes; 40 blocks with 4780 bytes were live");
        assertThat(blocks.liveBlocks()).hasValue(0);
        assertThat(lines).isEmpty();
    }

    /** Forty blocks of all kinds, of which one grows and half are freed. */
    private Verdict verify(Blocks blocks) {
        TraceWriter writer = new TraceWriter();
        for (int object = 0; object < OBJECTS - 2; object++) {
            writer.malloc(100 + object);
        }
        writer.calloc(138).memalign(12, 139); // records 38 and 39
        writer.realloc(10, 500); // record 40
        for (int object = 0; object < OBJECTS; object += 2) {
            writer.free(object);
        }
        return verify(writer.read(folder), 1, blocks);
    }

    private Verdict verify(Trace trace, int threads, Blocks blocks) {
        return Verification.run(
                ReplayPlan.onThreads(trace, threads),
                blocks,
                AllocatorKind.GLIBC.crew(threads),
                lines::add);
    }

    private static void spoil(long address) {
        RawMemory.storeBytePlain(address, (byte) (RawMemory.loadBytePlain(address) + 1));
    }
}
