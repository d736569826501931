// SPDX-License-Identifier: BSD-3-Clause
import io.offkraft.buddy.MisuseException;
import io.offkraft.heap.BlockPool;
import io.offkraft.heap.BumpRegion;
import io.offkraft.heap.Heap;

/** A pool of descriptors, and a region that is filled to its last byte. */
public class PoolOfBlocks {
    public static void main(String[] arguments) {
        try (Heap heap = Heap.create();
                BlockPool descriptors = BlockPool.builder(heap, 48, 3).alignment(64).build()) {
            long[] batch = new long[4];
            System.out.println(descriptors.take(batch, 0, 4)); // there are no more
            System.out.println(descriptors.take());
            descriptors.giveBack(batch, 0, 3);
            System.out.println(descriptors.take() == batch[2]); // the last one is the next
            try {
                descriptors.giveBack(batch[0]);
            } catch (MisuseException misuse) {
                System.out.println(misuse.kind());
            }

            BumpRegion region = BumpRegion.over(heap.malloc(100), 100);
            region.allocate(1, 1);
            region.allocate(16, 16);
            System.out.println(region.remaining());
            System.out.println(region.allocate(69, 1));
        }
    }
}

// prints: 3
// prints: 0
// prints: true
// prints: DOUBLE_FREE
// prints: 68
// prints: 0
