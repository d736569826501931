// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.conformance;

import io.offkraft.heap.Heap;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;
import org.openjdk.jol.info.ClassLayout;
import org.openjdk.jol.info.GraphLayout;

/**
 * The main class of a child process: says what locks a heap has, which is all structures: stripes,
 * slab table, buddy, address space. First by a walk over what the heap refers to, with the number
 * of fields of each; then by the class histogram, which sees the whole process.
 */
final class LockGraphProbe {
    private static final Pattern HISTOGRAM_LINE =
            Pattern.compile("\\d+:\\s+(\\d+)\\s+\\d+\\s+(io\\.offkraft\\.sync\\.\\w*Lock)\\b");

    private LockGraphProbe() {}

    public static void main(String[] args) throws JMException {
        try (Heap heap = Heap.builder().limitBytes(16 << 20).build()) {
            heap.free(heap.malloc(100));
            heap.child().build().malloc(100);
            print("graph", ofGraph(GraphLayout.parseInstance(heap)));
            print("histogram", ofHistogram());
        }
    }

    private static void print(String source, Map<String, String> counts) {
        counts.forEach((type, count) -> System.out.println(source + ": " + count + " " + type));
    }

    private static Map<String, String> ofGraph(GraphLayout graph) {
        final Map<String, String> counts = new TreeMap<>();
        for (final Class<?> type : graph.getClasses()) {
            final String name = type.getName();
            if (name.startsWith("io.offkraft.sync.") && name.endsWith("Lock")) {
                counts.put(
                        "%s with %d fields"
                                .formatted(
                                        type.getSimpleName(),
                                        ClassLayout.parseClass(type).fields().size()),
                        Long.toString(graph.getClassCounts().count(type)));
            }
        }
        return counts;
    }

    private static Map<String, String> ofHistogram() throws JMException {
        final Object histogram =
                ManagementFactory.getPlatformMBeanServer()
                        .invoke(
                                new ObjectName("com.sun.management:type=DiagnosticCommand"),
                                "gcClassHistogram",
                                new Object[] {new String[0]},
                                new String[] {String[].class.getName()});
        final Map<String, String> counts = new TreeMap<>();
        final Matcher line = HISTOGRAM_LINE.matcher(histogram.toString());
        while (line.find()) {
            counts.put(line.group(2).replaceFirst(".*\\.", ""), line.group(1));
        }
        return counts;
    }
}
