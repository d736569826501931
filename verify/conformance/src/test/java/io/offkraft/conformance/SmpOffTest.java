// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the switch {@code offkraft.smp} must change and must not; each run is a JVM of its own. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
@Tag("own-jvm")
class SmpOffTest {
    @Test
    @DisplayName("B-13 SMP off and on give the same addresses on one thread")
    void addressesDoNotDependOnSmp() throws Exception {
        final List<String> on = addresses(true, 1);

        assertThat(on).hasSize(60_000);
        assertThat(addresses(false, 1)).isEqualTo(on);
        assertThat(addresses(false, 2)).isNotEqualTo(on); // so that equality says something
    }

    private static List<String> addresses(boolean smp, long seed) throws Exception {
        // When memory is given back is not the question.
        return new ChildJvm("-Doffkraft.smp=" + smp, "-Doffkraft.decay=1h")
                .run(AddressLog.class, Long.toString(seed));
    }

    @Test
    @DisplayName("L-14 with SMP off a heap has no lock but the shared one, which has no state")
    void heapHasNoLockOfItsOwn() throws Exception {
        assertThat(locksOfAHeap(false))
                .containsExactly("graph: 1 NoLock with 0 fields", "histogram: 1 NoLock");
    }

    @Test
    @DisplayName("L-14 negative control: with SMP on each structure has a lock with a word")
    void probeFindsTheLocksWithSmpOn() throws Exception {
        assertThat(locksOfAHeap(true))
                .hasSize(2)
                .satisfiesExactly(
                        graph ->
                                assertThat(graph).matches("graph: \\d{1,2} SpinLock with 2 fields"),
                        histogram -> assertThat(histogram).matches("histogram: \\d{1,2} SpinLock"));
    }

    private static List<String> locksOfAHeap(boolean smp) throws Exception {
        return new ChildJvm(
                        "-Doffkraft.smp=" + smp,
                        "-Doffkraft.synchronization=auto",
                        "-Doffkraft.debug.locks=false",
                        // For the walk over objects: it looks where fields are.
                        "--sun-misc-unsafe-memory-access=allow",
                        "-Djol.magicFieldOffset=true")
                .run(LockGraphProbe.class).stream()
                        .filter(line -> !line.startsWith("# ")) // of JOL about itself
                        .toList();
    }

    @Test
    @DisplayName("L-14 with SMP off lock and unlock are compiled to nothing")
    void lockAndUnlockAreCompiledToNothing() throws Exception {
        final Compilation off = compilation(false);

        assertThat(off.inlined)
                .containsExactlyInAnyOrder(
                        "NoLock::lock",
                        "NoLock::unlock",
                        "NoLock::lock",
                        "NoLock::unlock",
                        "Locking::lock",
                        "Locking::unlock");
        assertThat(off.codeBytes)
                .hasSize(4)
                .containsEntry("sectionUnderConstantLock", off.codeBytes.get("section"))
                .containsEntry("sectionOfStructure", off.codeBytes.get("section"));
    }

    @Test
    @DisplayName("L-14 negative control: with SMP on the same code has a spin lock in it")
    void spinLockIsInTheCodeWithSmpOn() throws Exception {
        final Compilation on = compilation(true);

        assertThat(on.inlined).contains("SpinLock::lock", "SpinLock::unlock");
        final int bare = on.codeBytes.get("section");
        assertThat(on.codeBytes.get("sectionUnderConstantLock")).isGreaterThan(bare);
        assertThat(on.codeBytes.get("sectionOfStructure")).isGreaterThan(bare);
    }

    /** What the compiler says: which methods of locks it inlined, and how long the code is. */
    private static final class Compilation {
        private static final Pattern INLINED =
                Pattern.compile(
                        "@ \\d+ +io\\.offkraft\\.sync\\.(\\w+::\\w+) .*\\binline ?\\(hot\\)");
        private static final Pattern COMPILED =
                Pattern.compile("Compiled method \\(c2\\).*::(\\w+) ");
        private static final Pattern MAIN_CODE = Pattern.compile(" main code .* = (\\d+)");

        final List<String> inlined;
        final TreeMap<String, Integer> codeBytes = new TreeMap<>();

        Compilation(List<String> log) {
            inlined =
                    log.stream()
                            .map(INLINED::matcher)
                            .filter(Matcher::find)
                            .map(call -> call.group(1))
                            .toList();
            String method = "";
            for (final String line : log) {
                final Matcher compiled = COMPILED.matcher(line);
                final Matcher code = MAIN_CODE.matcher(line);
                if (compiled.find()) {
                    method = compiled.group(1);
                } else if (code.find()) {
                    codeBytes.put(method, Integer.valueOf(code.group(1)));
                }
            }
        }
    }

    private static Compilation compilation(boolean smp) throws Exception {
        final String methods = LockInliningProbe.class.getName() + "::section*";
        return new Compilation(
                new ChildJvm(
                                "-Doffkraft.smp=" + smp,
                                "-Doffkraft.debug.locks=false",
                                "-Xbatch",
                                "-XX:-TieredCompilation",
                                "-XX:+UnlockDiagnosticVMOptions",
                                "-XX:CompileCommand=quiet",
                                "-XX:CompileCommand=dontinline," + methods,
                                "-XX:CompileCommand=PrintInlining," + methods,
                                "-XX:CompileCommand=print," + methods)
                        .run(LockInliningProbe.class));
    }

    @Test
    @DisplayName("L-14 with SMP off the validator refuses a second CPU while one is inside")
    void secondCpuIsRefused() throws Exception {
        final List<String> said =
                new ChildJvm("-Doffkraft.smp=false", "-Doffkraft.debug.locks=true")
                        .run(SecondCpuProbe.class);

        assertThat(said).hasSize(3);
        assertThat(said.getFirst())
                .startsWith("meanwhile: SECOND_CPU of vmem (NoLock), held by first: second ")
                .contains("offkraft.smp=false");
        assertThat(said.subList(1, 3)).containsExactly("afterwards: went in", "0 live blocks");
    }

    @Test
    @DisplayName("L-14 negative control: without the validator nobody notices the second CPU")
    void secondCpuIsNotNoticedWithoutTheValidator() throws Exception {
        assertThat(
                        new ChildJvm("-Doffkraft.smp=false", "-Doffkraft.debug.locks=false")
                                .run(SecondCpuProbe.class))
                .contains("meanwhile: went in", "afterwards: went in");
    }
}
