// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import org.junit.jupiter.api.Test;

/** Numbers of the kernel's and their names. */
class NamesTest {
    private static final int HIGHEST_ERRNO = 133;

    @Test
    @SuppressWarnings("restricted") // the C library's text has no length but its end
    void everyErrnoHasTheNameThatTheCLibraryGivesIt() throws Throwable {
        MethodHandle nameOf = NativeFunctions.plain("strerrorname_np", ADDRESS, JAVA_INT);
        for (int errno = 1; errno <= HIGHEST_ERRNO + 1; errno++) {
            MemorySegment name = (MemorySegment) nameOf.invokeExact(errno);
            assertThat(Errno.name(errno))
                    .isEqualTo(
                            name.equals(MemorySegment.NULL)
                                    ? "errno " + errno
                                    : name.reinterpret(Long.MAX_VALUE).getString(0));
        }
        assertThat(Errno.name(HIGHEST_ERRNO)).isEqualTo("EHWPOISON");
    }

    @Test
    void whatIsNoErrnoIsCalledByItsNumber() {
        assertThat(Errno.name(0)).isEqualTo("errno 0");
        assertThat(Errno.name(41)).isEqualTo("errno 41");
        assertThat(Errno.name(-1)).isEqualTo("errno -1");
        assertThat(Errno.name(4711)).isEqualTo("errno 4711");
    }

    @Test
    void flagsAreJoinedAndTheUnknownStaysVisible() {
        assertThat(FlagNames.protection(0)).isEqualTo("PROT_NONE");
        assertThat(FlagNames.protection(7)).isEqualTo("PROT_READ|PROT_WRITE|0x4");
        assertThat(FlagNames.mapping(0x4022)).isEqualTo("MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE");
        assertThat(FlagNames.mapping(1)).isEqualTo("MAP_SHARED");
        assertThat(FlagNames.mapping(3)).isEqualTo("MAP_SHARED_VALIDATE");
        assertThat(FlagNames.mapping(MemoryFlags.MAP_HUGETLB | 21 << MemoryFlags.HUGE_SHIFT))
                .isEqualTo("MAP_HUGETLB|0x54000000");
        assertThat(FlagNames.remapping(0)).isEqualTo("0");
        assertThat(FlagNames.remapping(3)).isEqualTo("MREMAP_MAYMOVE|MREMAP_FIXED");
        assertThat(FlagNames.memfd(1)).isEqualTo("MFD_CLOEXEC");
        assertThat(FlagNames.allocation(3)).isEqualTo("FALLOC_FL_KEEP_SIZE|FALLOC_FL_PUNCH_HOLE");
        assertThat(FlagNames.advice(4)).isEqualTo("MADV_DONTNEED");
        assertThat(FlagNames.advice(4711)).isEqualTo("4711");
    }

    @Test
    void everyConstantIsNamedByItself() throws IllegalAccessException {
        for (var constant : MemoryFlags.class.getFields()) {
            int value = constant.getInt(null);
            String name = constant.getName();
            String text =
                    switch (name.substring(0, name.indexOf('_'))) {
                        case "PROT" -> FlagNames.protection(value);
                        case "MAP" -> FlagNames.mapping(value);
                        case "MADV" -> FlagNames.advice(value);
                        case "MREMAP" -> FlagNames.remapping(value);
                        case "MFD" -> FlagNames.memfd(value);
                        case "FALLOC" -> FlagNames.allocation(value);
                        default -> name; // HUGE_SHIFT is no flag
                    };
            assertThat(text).isEqualTo(name);
        }
    }
}
