// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

import io.offkraft.cli.trace.Trace;
import io.offkraft.platform.PhysicalMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * How a worker's JVM is started: this JVM's own java and code, a Java heap of fixed size whose
 * pages are all there from the start, and a collector without threads.
 *
 * <p>A worker that measures footprints also has no compiler. Compiled code and the compiler's own
 * memory come and go by the megabyte, as much as an allocator's overhead; and running rounds until
 * that has settled is no way out, because the C library keeps some of the memory of every round
 * before, so that its growth comes out too small. Interpreted, the first round is as good as any,
 * and what grows is the allocator.
 */
public final class WorkerJvm {
    /** What a worker will be asked. */
    public enum Purpose {
        /** Anything but footprints; there is room for a shadow map. */
        VERIFY_AND_TIME,
        /** One footprint. */
        FOOTPRINT
    }

    private static final long MIB = 1 << 20;

    /** The JVM, Jackson and Netty themselves. */
    private static final long BASE_BYTES = 128 * MIB;

    /** Columns of the trace, plans and what building them takes. */
    private static final long BYTES_A_RECORD = 160;

    /** Tables of blocks, and a Netty buffer. */
    private static final long BYTES_AN_OBJECT = 320;

    private static final String NATIVE_MODULES =
            "io.offkraft.word,io.offkraft.platform,io.offkraft.workload,io.netty.common";

    private final List<String> command;

    WorkerJvm(List<String> command) {
        this.command = command;
    }

    /**
     * Returns how to start a worker for {@code trace}.
     *
     * @param purpose what it will be asked
     * @param smp the value of {@code offkraft.smp}, or null to leave it as in this process
     */
    public static WorkerJvm of(Trace trace, Purpose purpose, @Nullable Boolean smp) {
        long heapBytes =
                BASE_BYTES
                        + BYTES_A_RECORD * trace.records()
                        + BYTES_AN_OBJECT * trace.objects()
                        + (purpose == Purpose.VERIFY_AND_TIME ? shadowBytes(trace) : 0);
        long heapMib = (heapBytes + MIB - 1) / MIB;
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(
                List.of(
                        "-Xms" + heapMib + "m",
                        "-Xmx" + heapMib + "m",
                        "-XX:+AlwaysPreTouch",
                        "-XX:+UseSerialGC",
                        "-XX:-UsePerfData",
                        "-XX:+DisplayVMOutputToStderr",
                        "-Dio.netty.leakDetection.level=disabled"));
        if (purpose == Purpose.FOOTPRINT) {
            command.add("-Xint");
        }
        addProperties(command, smp);
        addCode(command);
        return new WorkerJvm(List.copyOf(command));
    }

    /**
     * Twice what a shadow map takes for what is live, within reason: a trace may be larger than the
     * machine.
     */
    private static long shadowBytes(Trace trace) {
        return Math.min(trace.peakLiveBytes(), PhysicalMemory.totalBytes() / 4);
    }

    List<String> command() {
        return command;
    }

    /** Hands on this process's offkraft.* properties; the worker reads them as the user's. */
    private static void addProperties(List<String> command, @Nullable Boolean smp) {
        Properties properties = new Properties();
        for (String name : System.getProperties().stringPropertyNames()) {
            if (name.startsWith("offkraft.")) {
                properties.setProperty(name, System.getProperty(name));
            }
        }
        if (smp != null) {
            properties.setProperty("offkraft.smp", smp.toString());
        }
        properties.stringPropertyNames().stream()
                .sorted()
                .forEach(name -> command.add("-D" + name + "=" + properties.getProperty(name)));
    }

    private static void addCode(List<String> command) {
        Module module = WorkerMain.class.getModule();
        if (module.isNamed()) {
            command.add("--enable-native-access=" + NATIVE_MODULES);
            command.addAll(List.of("-p", System.getProperty("jdk.module.path")));
            command.addAll(List.of("-m", module.getName() + "/" + WorkerMain.class.getName()));
        } else {
            command.add("--enable-native-access=ALL-UNNAMED");
            command.addAll(List.of("-cp", System.getProperty("java.class.path")));
            command.add(WorkerMain.class.getName());
        }
    }
}
