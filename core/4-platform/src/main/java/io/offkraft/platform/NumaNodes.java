// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The machine's NUMA nodes: memory, and the CPUs that are near it.
 *
 * <p>A kernel without NUMA tells of none; then all memory and all CPUs are on node 0.
 *
 * @param isToldByKernel whether the kernel has NUMA; if not, there is node 0 only
 * @param cpus the CPUs of each node, by number; a node may have none. Ascending, immutable
 */
public record NumaNodes(boolean isToldByKernel, SortedMap<Integer, CpuSet> cpus) {
    private static final Path NODES = Path.of("/sys/devices/system/node");

    /** Makes a copy of the map, which must not be empty. */
    public NumaNodes {
        if (cpus.isEmpty()) {
            throw new IllegalArgumentException("a machine has at least one node");
        }
        cpus = Collections.unmodifiableSortedMap(new TreeMap<>(cpus));
    }

    /**
     * Returns the nodes that are online at this moment; nodes and CPUs may come and go.
     *
     * @throws UncheckedIOException if the kernel tells of nodes and they can't be read
     */
    public static NumaNodes ofMachine() {
        try {
            return read(NODES);
        } catch (IOException unreadable) {
            throw new UncheckedIOException("can't read " + NODES, unreadable);
        }
    }

    /** Returns what a folder like the kernel's tells; node 0 if there is no such folder. */
    static NumaNodes read(Path folder) throws IOException {
        SortedMap<Integer, CpuSet> cpus = new TreeMap<>();
        if (!Files.isDirectory(folder)) {
            cpus.put(0, Cpus.online());
            return new NumaNodes(false, cpus);
        }
        // The kernel writes numbers of nodes as those of CPUs: 0-1,4.
        for (int node : CpuSet.ofList(line(folder.resolve("online"))).stream().toArray()) {
            cpus.put(node, CpuSet.ofList(line(folder.resolve("node" + node + "/cpulist"))));
        }
        return new NumaNodes(true, cpus);
    }

    private static String line(Path file) throws IOException {
        return Files.readString(file);
    }

    /** Returns whether there is such a node. */
    public boolean contains(int node) {
        return cpus.containsKey(node);
    }

    /**
     * Returns the CPUs of a node.
     *
     * @throws IllegalArgumentException if there is no such node; the message tells which there are
     */
    public CpuSet cpusOf(int node) {
        CpuSet ofNode = cpus.get(node);
        if (ofNode == null) {
            throw new IllegalArgumentException(
                    "there is no node %d, but %s".formatted(node, cpus.keySet()));
        }
        return ofNode;
    }

    /** Returns the nodes below 64, a bit each, as {@link SystemCalls#mbind} takes them. */
    public long mask() {
        long mask = 0;
        for (int node : cpus.keySet()) {
            mask |= node < Long.SIZE ? 1L << node : 0;
        }
        return mask;
    }
}
