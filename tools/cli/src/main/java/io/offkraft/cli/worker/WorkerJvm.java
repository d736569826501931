// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

import io.offkraft.cli.trace.Trace;
import io.offkraft.platform.PhysicalMemory;
import io.offkraft.workload.allocator.AllocatorKind;
import io.offkraft.workload.allocator.PeerLibrary;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * How a worker's JVM is started: this JVM's own java and code, a Java heap of fixed size, and a
 * collector without threads.
 *
 * <p>A worker that measures footprints has all pages of its Java heap from the start, and no
 * compiler. Compiled code and the compiler's own memory come and go by the megabyte, as much as an
 * allocator's overhead; and running rounds until that has settled is no way out, because the C
 * library keeps some of the memory of every round before, so that its growth comes out too small.
 * Interpreted, the first round is as good as any, and what grows is the allocator.
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

    /** Tables of blocks, and Netty buffers, of one thread of the workload that has most. */
    private static final long BYTES_A_WORKLOAD_THREAD = MIB;

    private static final String PRELOAD = "LD_PRELOAD";

    private final List<String> command;
    private final Map<String, String> environment;

    WorkerJvm(List<String> command) {
        this(command, Map.of());
    }

    private WorkerJvm(List<String> command, Map<String, String> environment) {
        this.command = command;
        this.environment = environment;
    }

    /**
     * Returns how to start a worker that runs workloads.
     *
     * @param allocator on what: it may want properties or a library from the start
     * @param purpose what it will be asked
     * @param threads the most threads of a workload
     */
    public static WorkerJvm ofWorkloads(AllocatorKind allocator, Purpose purpose, int threads) {
        Map<String, String> environment =
                allocator
                        .library()
                        .filter(PeerLibrary::isNeededFromTheStart)
                        .flatMap(PeerLibrary::find)
                        .map(WorkerJvm::preload)
                        .orElse(Map.of());
        return new WorkerJvm(
                command(
                        BASE_BYTES + BYTES_A_WORKLOAD_THREAD * threads,
                        purpose,
                        allocator.properties()),
                environment);
    }

    private static Map<String, String> preload(Path library) {
        String others = Map.copyOf(System.getenv()).getOrDefault(PRELOAD, "");
        return Map.of(PRELOAD, others.isEmpty() ? library.toString() : library + ":" + others);
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
        return new WorkerJvm(
                command(
                        heapBytes,
                        purpose,
                        smp == null ? Map.of() : Map.of("offkraft.smp", smp.toString())));
    }

    private static List<String> command(
            long heapBytes, Purpose purpose, Map<String, String> ownProperties) {
        long heapMib = (heapBytes + MIB - 1) / MIB;
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(
                List.of(
                        "-Xms" + heapMib + "m",
                        "-Xmx" + heapMib + "m",
                        "-XX:+UseSerialGC",
                        "-XX:+UseCondCardMark", // or tables of references would be shared lines
                        "-XX:-UsePerfData",
                        "-XX:+DisplayVMOutputToStderr",
                        "-Dio.netty.leakDetection.level=disabled"));
        if (purpose == Purpose.FOOTPRINT) {
            command.add("-Xint");
            command.add("-XX:+AlwaysPreTouch"); // or the Java heap would grow, too
        }
        addProperties(command, ownProperties);
        addCode(command);
        return List.copyOf(command);
    }

    /**
     * Twice what a shadow map takes for what is live, within reason: a trace may be larger than the
     * machine.
     */
    private static long shadowBytes(Trace trace) {
        return Math.min(trace.peakLiveBytes(), PhysicalMemory.totalBytes() / 4);
    }

    /** Returns what starts the process. */
    ProcessBuilder process() {
        ProcessBuilder process = new ProcessBuilder(command);
        process.environment().putAll(environment);
        return process;
    }

    /**
     * Hands on this process's offkraft.* properties, which the worker reads as the user's, but for
     * {@code own} ones.
     */
    private static void addProperties(List<String> command, Map<String, String> own) {
        Properties properties = new Properties();
        for (String name : System.getProperties().stringPropertyNames()) {
            if (name.startsWith("offkraft.")) {
                properties.setProperty(name, System.getProperty(name));
            }
        }
        properties.putAll(own);
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
