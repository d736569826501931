// SPDX-License-Identifier: BSD-3-Clause
import io.offkraft.buddy.MisuseException;
import io.offkraft.heap.Heap;
import io.offkraft.word.RawMemory;

/** A heap, a block, and what a second free of it does. */
public class FirstBlock {
    public static void main(String[] arguments) {
        try (Heap heap = Heap.builder().limitBytes(64 << 20).build()) {
            long block = heap.malloc(100); // 0 if there is no memory; any thread may free it
            RawMemory.storeLongPlain(block, 42);
            System.out.println(RawMemory.loadLongPlain(block));

            heap.free(block);
            try {
                heap.free(block);
            } catch (MisuseException misuse) {
                System.out.println(misuse.kind());
            }
            System.out.println(heap.statistics().liveBlocks());
        } // gives everything back at once, whatever is live
    }
}

// prints: 42
// prints: DOUBLE_FREE
// prints: 0
