// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.allocator;

import java.util.OptionalLong;

/** Blocks of the C library. */
final class GlibcBlocks implements Blocks {
    private final long[] addresses;

    GlibcBlocks(int objects) {
        this.addresses = new long[objects];
    }

    @Override
    public boolean allocate(int object, long sizeBytes, int alignLog2) {
        long address =
                alignLog2 == 0
                        ? Glibc.malloc(sizeBytes)
                        : Glibc.memalign(1L << alignLog2, sizeBytes);
        addresses[object] = address;
        return address != 0;
    }

    @Override
    public boolean allocateZeroed(int object, long sizeBytes) {
        long address = Glibc.calloc(sizeBytes);
        addresses[object] = address;
        return address != 0;
    }

    /**
     * A size of 0 would free the block here, and its id would be gone; one byte is asked for
     * instead.
     */
    @Override
    public boolean reallocate(int object, long sizeBytes) {
        long address = Glibc.realloc(addresses[object], Math.max(sizeBytes, 1));
        if (address == 0) {
            return false;
        }
        addresses[object] = address;
        return true;
    }

    @Override
    public void free(int object) {
        Glibc.free(addresses[object]);
    }

    @Override
    public void touch(int object, long sizeBytes) {
        PageTouch.touch(addresses[object], sizeBytes);
    }

    @Override
    public long address(int object) {
        return addresses[object];
    }

    @Override
    public long naturalAlignment(long sizeBytes) {
        return 2 * Long.BYTES;
    }

    /** The C library does not count. */
    @Override
    public OptionalLong liveBlocks() {
        return OptionalLong.empty();
    }

    @Override
    public void close() {
        Glibc.trim();
    }
}
