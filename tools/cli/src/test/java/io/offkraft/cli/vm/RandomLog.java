// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** A log of a program that never was, by a seed: calls of every kind on a few hundred pages. */
final class RandomLog {
    private static final long BASE = 0x7f0000000000L;
    private static final int PAGES = 300;
    private static final long PAGE = 4096;
    private static final List<String> PROTECTIONS =
            List.of("PROT_NONE", "PROT_READ", "PROT_READ|PROT_WRITE", "PROT_READ|PROT_EXEC");
    private static final List<String> SOURCES =
            List.of(
                    "MAP_PRIVATE|MAP_ANONYMOUS, -1",
                    "MAP_PRIVATE, 3",
                    "MAP_SHARED, 4",
                    "MAP_SHARED|MAP_ANONYMOUS, -1");

    private RandomLog() {}

    static String[] of(long seed, int calls, int threads) {
        SplittableRandom random = new SplittableRandom(seed);
        List<String> lines = new ArrayList<>();
        for (int call = 0; call < calls; call++) {
            int thread = 100 + random.nextInt(threads);
            lines.add(thread + " " + next(random));
        }
        return lines.toArray(String[]::new);
    }

    private static String next(SplittableRandom random) {
        int first = random.nextInt(PAGES);
        long start = BASE + first * PAGE;
        long bytes = (1 + random.nextInt(Math.min(40, PAGES - first))) * PAGE;
        String protection = PROTECTIONS.get(random.nextInt(PROTECTIONS.size()));
        String source = SOURCES.get(random.nextInt(SOURCES.size()));
        return switch (random.nextInt(10)) {
            case 0, 1, 2 ->
                    "mmap(0x%x, %d, %s, MAP_FIXED|%s, 0x%x) = 0x%x"
                            .formatted(
                                    start,
                                    bytes - random.nextInt(2),
                                    protection,
                                    source,
                                    random.nextInt(50) * PAGE,
                                    start);
            case 3 ->
                    "mmap(NULL, %d, %s, %s, 0) = 0x%x".formatted(bytes, protection, source, start);
            case 4, 5 -> "munmap(0x%x, %d) = 0".formatted(start, bytes);
            case 6, 7 -> "mprotect(0x%x, %d, %s) = 0".formatted(start, bytes, protection);
            case 8 -> "madvise(0x%x, %d, MADV_DONTNEED) = 0".formatted(start, bytes);
            default -> {
                long newBytes = (1 + random.nextInt(20)) * PAGE;
                long target = random.nextBoolean() ? start : BASE + (PAGES + first) * PAGE;
                yield "mremap(0x%x, %d, %d, MREMAP_MAYMOVE) = 0x%x"
                        .formatted(start, PAGE, newBytes, target);
            }
        };
    }
}
