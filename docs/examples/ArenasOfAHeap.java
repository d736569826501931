// SPDX-License-Identifier: BSD-3-Clause
import io.offkraft.heap.Heap;
import io.offkraft.heap.PooledArena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Arenas of java.lang.foreign over a heap's memory. */
public class ArenasOfAHeap {
    public static void main(String[] arguments) {
        try (Heap heap = Heap.builder().limitBytes(64 << 20).build()) {
            MemorySegment late;
            try (PooledArena arena = heap.confinedArena()) {
                late = arena.allocate(ValueLayout.JAVA_LONG); // zeroed
                System.out.println(late.get(ValueLayout.JAVA_LONG, 0));
                arena.allocateUninitialized(1 << 20, 4096); // not zeroed
            }
            try {
                late.get(ValueLayout.JAVA_LONG, 0);
            } catch (IllegalStateException closed) {
                System.out.println(closed.getMessage());
            }
            System.out.println(heap.statistics().liveBlocks());
        }
    }
}

// prints: 0
// prints: Already closed
// prints: 0
