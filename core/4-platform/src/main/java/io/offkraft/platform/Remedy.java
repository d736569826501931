// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import org.jspecify.annotations.Nullable;

/** What to do about a call on mappings that the kernel refused, if a limit is the reason. */
final class Remedy {
    /** A call may split a mapping twice. */
    private static final long MAPPINGS_SPARE = 2;

    /**
     * Figures are good for so long: a process at its limit may fail often, and reading takes time.
     */
    private static final long FIGURES_NANOS = 1_000_000_000;

    private record Figures(MappingLimits limits, long nanos) {}

    private static volatile @Nullable Figures last;

    private Remedy() {}

    /** Returns what to do, or null if nothing is known; looks at the limits of this process. */
    static @Nullable String orNull(String call, int errno, long bytes, int flags) {
        if (!mayBeALimit(call, errno)) {
            return null;
        }
        try {
            return orNull(call, errno, bytes, flags, limits());
        } catch (RuntimeException unreadable) {
            return null; // the refusal itself is what counts
        }
    }

    private static boolean mayBeALimit(String call, int errno) {
        return switch (errno) {
            case Errno.ENOMEM, Errno.EAGAIN -> true;
            case Errno.EPERM -> call.equals("mlock");
            default -> false;
        };
    }

    private static MappingLimits limits() {
        Figures figures = last;
        long now = System.nanoTime();
        if (figures == null || now - figures.nanos > FIGURES_NANOS) {
            figures = new Figures(MappingLimits.ofProcess(), now);
            last = figures;
        }
        return figures.limits;
    }

    /** Returns what to do with {@code limits} as they are. */
    static @Nullable String orNull(
            String call, int errno, long bytes, int flags, MappingLimits limits) {
        if (!mayBeALimit(call, errno)) {
            return null;
        }
        boolean huge = call.equals("mmap") && (flags & MemoryFlags.MAP_HUGETLB) != 0;
        if (huge) {
            int shift = (flags >>> MemoryFlags.HUGE_SHIFT) & 0x3f;
            long page = shift == 0 ? 0 : 1L << shift;
            return "too few huge pages%s are set aside: see vm.nr_hugepages"
                    .formatted(page == 0 ? "" : " of " + page + " bytes");
        }
        if (call.equals("mlock") && limits.lockedBytesMax() != Long.MAX_VALUE) {
            return "RLIMIT_MEMLOCK lets the process lock %d bytes: see ulimit -l"
                    .formatted(limits.lockedBytesMax());
        }
        if (limits.mappings() >= limits.mappingsMax() - MAPPINGS_SPARE) {
            return "the process has %d mappings, and vm.max_map_count is %d: raise it by sysctl, or have fewer, larger areas"
                    .formatted(limits.mappings(), limits.mappingsMax());
        }
        boolean grows = call.equals("mmap") || call.equals("mremap");
        if (grows && bytes > limits.virtualBytesMax() - limits.virtualBytes()) {
            return "the process has %d bytes of addresses, and RLIMIT_AS is %d: see ulimit -v"
                    .formatted(limits.virtualBytes(), limits.virtualBytesMax());
        }
        if (limits.strictCommit() && bytes > limits.promisedBytesMax() - limits.promisedBytes()) {
            return "vm.overcommit_memory is 2, and the kernel has promised %d of %d bytes"
                    .formatted(limits.promisedBytes(), limits.promisedBytesMax());
        }
        return null;
    }
}
