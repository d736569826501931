// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import static io.offkraft.platform.Errno.EINVAL;
import static io.offkraft.platform.Errno.ENOMEM;
import static io.offkraft.platform.Errno.EPERM;
import static io.offkraft.platform.MemoryFlags.HUGE_SHIFT;
import static io.offkraft.platform.MemoryFlags.MAP_HUGETLB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RemedyTest {
    private static final long MIB = 1L << 20;
    private static final MappingLimits FINE =
            new MappingLimits(100, 65_530, MIB, Long.MAX_VALUE, 8 * MIB, false, 5 * MIB, 6 * MIB);

    @Test
    void nothingIsSaidWithoutAReason() {
        assertThat(Remedy.orNull("mmap", ENOMEM, MIB, 0, FINE)).isNull();
        assertThat(Remedy.orNull("mprotect", EINVAL, MIB, 0, full(65_530))).isNull();
        assertThat(new SystemCallException("mmap", "0", ENOMEM).remedy()).isEmpty();
    }

    private static MappingLimits full(long mappings) {
        return new MappingLimits(mappings, 65_530, MIB, Long.MAX_VALUE, 8 * MIB, false, 0, 0);
    }

    @Test
    @DisplayName("V-18 the limit of mappings is named with both figures")
    void limitOfMappingsIsNamed() {
        for (String call : List.of("mmap", "mprotect", "munmap", "mremap", "madvise")) {
            assertThat(Remedy.orNull(call, ENOMEM, MIB, 0, full(65_529)))
                    .startsWith(
                            "the process has 65529 mappings, and vm.max_map_count is 65530: raise");
            assertThat(Remedy.orNull(call, ENOMEM, MIB, 0, full(65_527))).isNull();
        }
    }

    @Test
    void limitOfAddressesIsNamedWhereTheyGrow() {
        MappingLimits tight = new MappingLimits(1, 100, 5 * MIB, 6 * MIB, MIB, false, 0, 0);
        assertThat(Remedy.orNull("mmap", ENOMEM, MIB + 1, 0, tight))
                .isEqualTo(
                        "the process has 5242880 bytes of addresses, and RLIMIT_AS is 6291456: see ulimit -v");
        assertThat(Remedy.orNull("mmap", ENOMEM, MIB, 0, tight)).isNull();
        assertThat(Remedy.orNull("mprotect", ENOMEM, 2 * MIB, 0, tight)).isNull();
    }

    @Test
    void promisesOfAStrictKernelAreNamed() {
        MappingLimits strict =
                new MappingLimits(1, 100, MIB, Long.MAX_VALUE, MIB, true, 5 * MIB, 6 * MIB);
        assertThat(Remedy.orNull("mprotect", ENOMEM, 2 * MIB, 0, strict))
                .isEqualTo(
                        "vm.overcommit_memory is 2, and the kernel has promised 5242880 of 6291456 bytes");
        assertThat(Remedy.orNull("mprotect", ENOMEM, 2 * MIB, 0, FINE)).isNull();
    }

    @Test
    @DisplayName("V-09 missing huge pages and the limit of locked memory are named")
    void hugePagesAndLockedMemory() {
        assertThat(Remedy.orNull("mmap", ENOMEM, MIB, MAP_HUGETLB | (21 << HUGE_SHIFT), FINE))
                .isEqualTo(
                        "too few huge pages of 2097152 bytes are set aside: see vm.nr_hugepages");
        assertThat(Remedy.orNull("mlock", EPERM, MIB, 0, FINE))
                .isEqualTo("RLIMIT_MEMLOCK lets the process lock 8388608 bytes: see ulimit -l");
        assertThat(Remedy.orNull("mmap", EPERM, MIB, 0, FINE)).isNull();
    }

    @Test
    void figuresOfTheProcessAreRead() {
        MappingLimits limits = MappingLimits.ofProcess();
        assertThat(limits.mappings()).isBetween(10L, limits.mappingsMax());
        assertThat(limits.virtualBytes()).isBetween(MIB, limits.virtualBytesMax());
        assertThat(limits.promisedBytes()).isPositive();
        assertThat(MappingLimits.isCommitStrict()).isEqualTo(limits.strictCommit());
        List<String> lines =
                List.of("Max address space  unlimited  unlimited bytes", "VmSize:\t 12 kB");
        assertThat(MappingLimits.softLimit(lines, "Max address space")).isEqualTo(Long.MAX_VALUE);
        assertThat(MappingLimits.kibibytes(lines, "VmSize:")).isEqualTo(12 << 10);
        assertThatThrownBy(() -> MappingLimits.softLimit(lines, "Max locked memory"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("Max locked memory");
    }

    @Test
    void remedyIsPartOfTheMessage() {
        SystemCallException refused = new SystemCallException("mmap", "0, 1", ENOMEM, "do this");
        assertThat(refused).hasMessage("mmap(0, 1) failed: ENOMEM (12); do this");
        assertThat(refused.remedy()).hasValue("do this");
    }
}
