// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.workload;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** The workloads: what they are called, what they do, and whether blocks change threads in them. */
public enum WorkloadKind {
    /** Pairs of one size. */
    PAIR_16("a block of 16 B and its free", false, true, pairs(16)),
    /** Pairs of one size. */
    PAIR_64("a block of 64 B and its free", false, false, pairs(64)),
    /** Pairs of one size. */
    PAIR_1K("a block of 1 KiB and its free", false, false, pairs(1 << 10)),
    /** Pairs of one size. */
    PAIR_8K("a block of 8 KiB and its free", false, false, pairs(8 << 10)),
    /** Pairs of one size. */
    PAIR_64K("a block of 64 KiB and its free", false, false, pairs(64 << 10)),
    /** Pairs of one size. */
    PAIR_1M("a block of 1 MiB and its free", false, true, pairs(1 << 20)),
    /** Pairs of mixed sizes. */
    PAIR_MIXED("a block of 16 B to 64 KiB and its free", false, true, pairs(0)),
    /** One thread allocates, another frees. */
    HANDOVER_64("64 B, freed by another thread", true, false, handovers(64)),
    /** One thread allocates, another frees. */
    HANDOVER_MIXED("16 B to 64 KiB, freed by another thread", true, true, handovers(0)),
    /** A virtual thread for each block. */
    VIRTUAL(
            "a virtual thread for each block of 64 B",
            false,
            false,
            threads -> new VirtualThreads(threads, Sizes.all(64))),
    /** {@link Larson}. */
    LARSON("a server whose threads hand on their blocks and end", true, true, Larson::new),
    /** {@link XmallocTest}. */
    XMALLOC_TEST("half of the threads allocate, half free", true, false, XmallocTest::new),
    /** {@link FalseSharing}. */
    CACHE_SCRATCH("passive false sharing", true, false, threads -> new FalseSharing(threads, true)),
    /** {@link FalseSharing}. */
    CACHE_THRASH("active false sharing", false, false, threads -> new FalseSharing(threads, false)),
    /** {@link MStress}. */
    MSTRESS("many sizes, exchanged between threads that end", true, true, MStress::new),
    /** {@link RpTest}. */
    RPTEST("scattered blocks, some freed by a neighbour", true, true, RpTest::new),
    /** {@link AllocTest}. */
    ALLOC_TEST("random places, few of them often", false, false, AllocTest::new),
    /** {@link ShBench}. */
    SH6(
            "small ones in masses, freed in three orders",
            false,
            false,
            threads -> new ShBench(threads, false)),
    /** {@link ShBench}. */
    SH8(
            "the same, some freed by the next thread",
            true,
            true,
            threads -> new ShBench(threads, true)),
    /** {@link ConstantOccupancy}. */
    OCCUPANCY("so many bytes live all the time", false, true, ConstantOccupancy::new),
    /** {@link NettyPattern}. */
    NETTY_PATTERN("the buffers of a web socket proxy", false, true, NettyPattern::new),
    /** {@link PagePairs}. */
    PAGES_0("a page and its free", false, true, threads -> PagePairs.oneByOne(threads, 0)),
    /** {@link PagePairs}. */
    PAGES_3("8 pages and their free", false, true, threads -> PagePairs.oneByOne(threads, 3)),
    /** {@link PagePairs}. */
    PAGES_9("512 pages and their free", false, true, threads -> PagePairs.oneByOne(threads, 9)),
    /** {@link PagePairs}. */
    PAGES_0_MANY("64 pages, then their frees", false, true, threads -> PagePairs.many(threads, 0)),
    /** {@link PagePairs}. */
    PAGES_3_MANY(
            "64 times 8 pages, then their frees",
            false,
            true,
            threads -> PagePairs.many(threads, 3)),
    /** {@link PagePairs}. */
    PAGES_9_MANY(
            "64 times 512 pages, then their frees",
            false,
            true,
            threads -> PagePairs.many(threads, 9));

    /** More live blocks a thread than these are many. */
    private static final int MANY_BLOCKS = 256;

    private static final List<WorkloadKind> OF_PAGES =
            List.of(PAGES_0, PAGES_3, PAGES_9, PAGES_0_MANY, PAGES_3_MANY, PAGES_9_MANY);

    private final String description;
    private final boolean freesElsewhere;
    private final boolean quick;

    @SuppressWarnings("ImmutableEnumChecker") // functions without state
    private final IntFunction<Program> programs;

    WorkloadKind(
            String description,
            boolean freesElsewhere,
            boolean quick,
            IntFunction<Program> programs) {
        this.description = description;
        this.freesElsewhere = freesElsewhere;
        this.quick = quick;
        this.programs = programs;
    }

    private static IntFunction<Program> pairs(int bytes) {
        return threads -> new Pairs(threads, sizes(bytes));
    }

    private static IntFunction<Program> handovers(int bytes) {
        return threads -> new Handovers(threads, sizes(bytes));
    }

    /** Returns one size, or for 0 mixed ones. */
    private static Sizes sizes(int bytes) {
        return bytes == 0 ? Sizes.logarithmic(16, 64 << 10) : Sizes.all(bytes);
    }

    /** Returns the name by which the command line and reports know it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Returns what it is, in some words. */
    public String description() {
        return description;
    }

    /** Returns whether blocks are freed by other threads than those that allocated them. */
    public boolean freesElsewhere() {
        return freesElsewhere;
    }

    /** Returns whether so many blocks are live that it tells how much memory they take. */
    public boolean keepsMany() {
        return program(1).slotsEach() > MANY_BLOCKS;
    }

    /** Returns those for heaps. */
    public static List<WorkloadKind> ofHeaps() {
        return Arrays.stream(values()).filter(kind -> !OF_PAGES.contains(kind)).toList();
    }

    /** Returns those for page allocators, in a region of which a random half is taken. */
    public static List<WorkloadKind> ofPages() {
        return OF_PAGES;
    }

    /** Returns those for heaps that show most in little time. */
    public static List<WorkloadKind> quickOnes() {
        return ofHeaps().stream().filter(kind -> kind.quick).toList();
    }

    /** Returns the workload called {@code label}; null if none is. */
    public static @Nullable WorkloadKind ofLabelOrNull(String label) {
        for (WorkloadKind kind : values()) {
            if (kind.label().equals(label)) {
                return kind;
            }
        }
        return null;
    }

    /** Returns how many threads it has when {@code threads} are asked for. */
    public int threads(int threads) {
        return program(threads).threads();
    }

    Program program(int threads) {
        return programs.apply(threads);
    }
}
