// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The kernel's limits, reached for real; each in a JVM of its own. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
@Tag("own-jvm")
class MappingLimitTest {
    @Test
    @DisplayName("V-18 the kernel's limit of mappings is named, and nothing changes by the refusal")
    void limitOfMappings() throws Exception {
        final List<String> lines = new ChildJvm().run(MappingLimitProbe.class);
        assertThat(lines)
                .satisfiesExactly(
                        first -> assertThat(first).isEqualTo("begins"),
                        second -> assertThat(second).isEqualTo("as many areas as were mapped"),
                        third ->
                                assertThat(third)
                                        .containsPattern(
                                                "mprotect\\(0x\\w+, 4096, PROT_READ\\|PROT_WRITE\\) failed: ENOMEM \\(12\\);"
                                                        + " the process has \\d+ mappings, and vm.max_map_count is \\d+"));
    }

    @Test
    @DisplayName("V-17 more addresses than the process may have are refused, naming the limit")
    void limitOfAddresses() throws Exception {
        final List<String> lines =
                new ChildJvm(
                                "-Xmx64m",
                                "-XX:ReservedCodeCacheSize=32m",
                                "-XX:CompressedClassSpaceSize=32m")
                        .limitingAddresses(8L << 20)
                        .run(AddressLimitProbe.class);
        assertThat(lines)
                .singleElement()
                .asString()
                .containsPattern(
                        "mmap\\(.*\\) failed: ENOMEM \\(12\\); the process has \\d+ bytes of addresses,"
                                + " and RLIMIT_AS is 8589934592");
    }
}
