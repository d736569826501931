// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import java.util.ArrayList;
import java.util.List;

/**
 * Arguments of system calls as the manual pages write them: {@code PROT_READ|PROT_WRITE}.
 *
 * <p>Bits without a name follow in hexadecimal, so that the text says all that was passed.
 */
final class FlagNames {
    private record Flag(int bits, String name) {}

    private static final List<Flag> PROTECTIONS =
            List.of(
                    new Flag(MemoryFlags.PROT_READ, "PROT_READ"),
                    new Flag(MemoryFlags.PROT_WRITE, "PROT_WRITE"));

    // First the one that has the bits of two others.
    private static final List<Flag> MAPPINGS =
            List.of(
                    new Flag(MemoryFlags.MAP_SHARED_VALIDATE, "MAP_SHARED_VALIDATE"),
                    new Flag(MemoryFlags.MAP_SHARED, "MAP_SHARED"),
                    new Flag(MemoryFlags.MAP_PRIVATE, "MAP_PRIVATE"),
                    new Flag(MemoryFlags.MAP_FIXED, "MAP_FIXED"),
                    new Flag(MemoryFlags.MAP_ANONYMOUS, "MAP_ANONYMOUS"),
                    new Flag(MemoryFlags.MAP_LOCKED, "MAP_LOCKED"),
                    new Flag(MemoryFlags.MAP_NORESERVE, "MAP_NORESERVE"),
                    new Flag(MemoryFlags.MAP_POPULATE, "MAP_POPULATE"),
                    new Flag(MemoryFlags.MAP_STACK, "MAP_STACK"),
                    new Flag(MemoryFlags.MAP_HUGETLB, "MAP_HUGETLB"),
                    new Flag(MemoryFlags.MAP_FIXED_NOREPLACE, "MAP_FIXED_NOREPLACE"));

    private static final List<Flag> REMAPPINGS =
            List.of(
                    new Flag(MemoryFlags.MREMAP_MAYMOVE, "MREMAP_MAYMOVE"),
                    new Flag(MemoryFlags.MREMAP_FIXED, "MREMAP_FIXED"),
                    new Flag(MemoryFlags.MREMAP_DONTUNMAP, "MREMAP_DONTUNMAP"));

    private static final List<Flag> MEMFDS =
            List.of(
                    new Flag(MemoryFlags.MFD_CLOEXEC, "MFD_CLOEXEC"),
                    new Flag(MemoryFlags.MFD_ALLOW_SEALING, "MFD_ALLOW_SEALING"),
                    new Flag(MemoryFlags.MFD_HUGETLB, "MFD_HUGETLB"),
                    new Flag(MemoryFlags.MFD_NOEXEC_SEAL, "MFD_NOEXEC_SEAL"));

    private static final List<Flag> ALLOCATIONS =
            List.of(
                    new Flag(MemoryFlags.FALLOC_FL_KEEP_SIZE, "FALLOC_FL_KEEP_SIZE"),
                    new Flag(MemoryFlags.FALLOC_FL_PUNCH_HOLE, "FALLOC_FL_PUNCH_HOLE"),
                    new Flag(MemoryFlags.FALLOC_FL_COLLAPSE_RANGE, "FALLOC_FL_COLLAPSE_RANGE"),
                    new Flag(MemoryFlags.FALLOC_FL_ZERO_RANGE, "FALLOC_FL_ZERO_RANGE"));

    private static final List<Flag> OPENINGS =
            List.of(
                    new Flag(MemoryFlags.O_RDWR, "O_RDWR"),
                    new Flag(MemoryFlags.O_CREAT, "O_CREAT"),
                    new Flag(MemoryFlags.O_TRUNC, "O_TRUNC"),
                    new Flag(MemoryFlags.O_CLOEXEC, "O_CLOEXEC"));

    private static final List<Flag> SYNCINGS =
            List.of(
                    new Flag(MemoryFlags.MS_ASYNC, "MS_ASYNC"),
                    new Flag(MemoryFlags.MS_INVALIDATE, "MS_INVALIDATE"),
                    new Flag(MemoryFlags.MS_SYNC, "MS_SYNC"));

    private FlagNames() {}

    static String opening(int bits) {
        return bits == MemoryFlags.O_RDONLY ? "O_RDONLY" : join(bits, OPENINGS);
    }

    static String syncing(int bits) {
        return join(bits, SYNCINGS);
    }

    static String policy(int mode) {
        return switch (mode) {
            case MemoryFlags.MPOL_DEFAULT -> "MPOL_DEFAULT";
            case MemoryFlags.MPOL_PREFERRED -> "MPOL_PREFERRED";
            case MemoryFlags.MPOL_BIND -> "MPOL_BIND";
            case MemoryFlags.MPOL_INTERLEAVE -> "MPOL_INTERLEAVE";
            case MemoryFlags.MPOL_LOCAL -> "MPOL_LOCAL";
            default -> Integer.toString(mode);
        };
    }

    static String protection(int bits) {
        return bits == MemoryFlags.PROT_NONE ? "PROT_NONE" : join(bits, PROTECTIONS);
    }

    static String mapping(int bits) {
        return join(bits, MAPPINGS);
    }

    static String remapping(int bits) {
        return join(bits, REMAPPINGS);
    }

    static String memfd(int bits) {
        return join(bits, MEMFDS);
    }

    static String allocation(int bits) {
        return join(bits, ALLOCATIONS);
    }

    static String advice(int advice) {
        return switch (advice) {
            case MemoryFlags.MADV_NORMAL -> "MADV_NORMAL";
            case MemoryFlags.MADV_RANDOM -> "MADV_RANDOM";
            case MemoryFlags.MADV_SEQUENTIAL -> "MADV_SEQUENTIAL";
            case MemoryFlags.MADV_WILLNEED -> "MADV_WILLNEED";
            case MemoryFlags.MADV_DONTNEED -> "MADV_DONTNEED";
            case MemoryFlags.MADV_FREE -> "MADV_FREE";
            case MemoryFlags.MADV_REMOVE -> "MADV_REMOVE";
            case MemoryFlags.MADV_DONTFORK -> "MADV_DONTFORK";
            case MemoryFlags.MADV_DOFORK -> "MADV_DOFORK";
            case MemoryFlags.MADV_HUGEPAGE -> "MADV_HUGEPAGE";
            case MemoryFlags.MADV_NOHUGEPAGE -> "MADV_NOHUGEPAGE";
            case MemoryFlags.MADV_DONTDUMP -> "MADV_DONTDUMP";
            case MemoryFlags.MADV_DODUMP -> "MADV_DODUMP";
            case MemoryFlags.MADV_WIPEONFORK -> "MADV_WIPEONFORK";
            case MemoryFlags.MADV_KEEPONFORK -> "MADV_KEEPONFORK";
            case MemoryFlags.MADV_COLD -> "MADV_COLD";
            case MemoryFlags.MADV_PAGEOUT -> "MADV_PAGEOUT";
            case MemoryFlags.MADV_POPULATE_READ -> "MADV_POPULATE_READ";
            case MemoryFlags.MADV_POPULATE_WRITE -> "MADV_POPULATE_WRITE";
            case MemoryFlags.MADV_DONTNEED_LOCKED -> "MADV_DONTNEED_LOCKED";
            case MemoryFlags.MADV_COLLAPSE -> "MADV_COLLAPSE";
            default -> Integer.toString(advice);
        };
    }

    private static String join(int bits, List<Flag> flags) {
        List<String> names = new ArrayList<>();
        int rest = bits;
        for (Flag flag : flags) {
            if ((rest & flag.bits) == flag.bits) {
                names.add(flag.name);
                rest &= ~flag.bits;
            }
        }
        if (rest != 0) {
            names.add("0x" + Integer.toHexString(rest));
        }
        return names.isEmpty() ? "0" : String.join("|", names);
    }
}
