// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import io.offkraft.platform.MemoryFlags;
import io.offkraft.platform.SystemCalls;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * Where the areas of a space may be kept: our tree, and what one would take instead.
 *
 * <p>In this package because the tree is of no use outside of it. The peers do less than ours, to
 * their advantage: they put and remove an entry, while ours looks for neighbours to merge with and
 * for areas to split.
 */
public enum AreaIndexKind {
    /** Ours: a persistent tree behind a volatile field, as in a space. */
    TREE {
        @Override
        public Index make(long bytes) {
            return new OfTree();
        }
    },
    /** All of a space, which makes a system call to map and one to unmap. */
    SPACE {
        @Override
        public Index make(long bytes) {
            return new OfSpace(bytes);
        }
    },
    /** A TreeMap whose readers share a lock. */
    READ_WRITE_LOCKED {
        @Override
        public Index make(long bytes) {
            ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
            return new OfLockedMap(lock.readLock(), lock.writeLock());
        }
    },
    /** The same with a lock that gives each its turn: then readers can't keep a mapper out. */
    FAIR_READ_WRITE_LOCKED {
        @Override
        public Index make(long bytes) {
            ReentrantReadWriteLock lock = new ReentrantReadWriteLock(true);
            return new OfLockedMap(lock.readLock(), lock.writeLock());
        }
    },
    /**
     * A space on a TreeMap whose readers share a lock: who maps holds it across the system call, or
     * readers would be told what is not so yet, or no more.
     */
    READ_WRITE_LOCKED_SPACE {
        @Override
        public Index make(long bytes) {
            return new OfLockedSpace(bytes);
        }
    },
    /** A TreeMap under a lock. */
    LOCKED {
        @Override
        public Index make(long bytes) {
            ReentrantLock lock = new ReentrantLock();
            return new OfLockedMap(lock, lock);
        }
    },
    /** The JDK's sorted map without a lock: each entry by itself, never several in one step. */
    SKIP_LIST {
        @Override
        public Index make(long bytes) {
            return new OfSkipList();
        }
    };

    private static final int RESERVED =
            MemoryFlags.MAP_PRIVATE | MemoryFlags.MAP_ANONYMOUS | MemoryFlags.MAP_NORESERVE;

    /** Returns an empty one for {@code bytes} bytes of addresses. */
    public abstract Index make(long bytes);

    /** An index; any thread. Ranges to map are holes, and those to unmap are areas. */
    public interface Index extends AutoCloseable {
        /** Returns the first address. */
        long baseAddress();

        /** Returns the area that holds {@code address}, or null. */
        @Nullable Area findOrNull(long address);

        /** Adds an area to build upon. */
        void fill(long start, long end);

        /** Maps memory in a hole. */
        void map(long start, long end);

        /** Makes an area a hole. */
        void unmap(long start, long end);

        @Override
        void close();
    }

    private static Area anonymous(long start, long end) {
        return new Area(start, end, Area.Kind.ANONYMOUS, Protection.READ_WRITE);
    }

    private abstract static class InJava implements Index {
        /** As good as any. */
        private static final long BASE = 1L << 40;

        @Override
        public long baseAddress() {
            return BASE;
        }

        @Override
        public void fill(long start, long end) {
            map(start, end);
        }

        @Override
        public void close() {}

        static @Nullable Area holding(long address, Map.@Nullable Entry<Long, Area> floor) {
            return floor != null && address < floor.getValue().end() ? floor.getValue() : null;
        }
    }

    private static final class OfTree extends InJava {
        private final ReentrantLock lock = new ReentrantLock();

        /** Written under the lock; the write publishes the nodes to who reads the field. */
        private volatile AreaTree tree = AreaTree.empty();

        @Override
        public @Nullable Area findOrNull(long address) {
            return tree.at(address);
        }

        @Override
        public void map(long start, long end) {
            lock.lock();
            try {
                tree = tree.with(anonymous(start, end));
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void unmap(long start, long end) {
            lock.lock();
            try {
                tree = tree.without(start, end);
            } finally {
                lock.unlock();
            }
        }
    }

    private static final class OfSpace implements Index {
        private final VirtualAddressSpace space;

        OfSpace(long bytes) {
            space = VirtualAddressSpace.reserve(bytes);
        }

        @Override
        public long baseAddress() {
            return space.baseAddress();
        }

        @Override
        public @Nullable Area findOrNull(long address) {
            return space.find(address).orElse(null);
        }

        /** Without memory: the kernel has a limit of mappings, which areas like that don't need. */
        @Override
        public void fill(long start, long end) {
            space.map(AreaRequest.reserved(end - start).at(start));
        }

        @Override
        public void map(long start, long end) {
            space.mapAnonymousAt(start, end - start, Protection.READ_WRITE);
        }

        @Override
        public void unmap(long start, long end) {
            space.unmap(start, end - start);
        }

        @Override
        public void close() {
            space.close();
        }
    }

    private static final class OfLockedMap extends InJava {
        private final NavigableMap<Long, Area> areas = new TreeMap<>();
        private final Lock readLock;
        private final Lock writeLock;

        OfLockedMap(Lock readLock, Lock writeLock) {
            this.readLock = readLock;
            this.writeLock = writeLock;
        }

        @Override
        public @Nullable Area findOrNull(long address) {
            readLock.lock();
            try {
                return holding(address, areas.floorEntry(address));
            } finally {
                readLock.unlock();
            }
        }

        @Override
        public void map(long start, long end) {
            writeLock.lock();
            try {
                areas.put(start, anonymous(start, end));
            } finally {
                writeLock.unlock();
            }
        }

        @Override
        public void unmap(long start, long end) {
            writeLock.lock();
            try {
                areas.remove(start);
            } finally {
                writeLock.unlock();
            }
        }
    }

    private static final class OfLockedSpace implements Index {
        private final SystemCalls calls = SystemCalls.linux();
        private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
        private final NavigableMap<Long, Area> areas = new TreeMap<>();
        private final long base;
        private final long bytes;

        OfLockedSpace(long bytes) {
            this.bytes = bytes;
            base = calls.mmap(0, bytes, MemoryFlags.PROT_NONE, RESERVED, -1, 0);
        }

        @Override
        public long baseAddress() {
            return base;
        }

        @Override
        public @Nullable Area findOrNull(long address) {
            lock.readLock().lock();
            try {
                return InJava.holding(address, areas.floorEntry(address));
            } finally {
                lock.readLock().unlock();
            }
        }

        @Override
        public void fill(long start, long end) {
            areas.put(start, anonymous(start, end));
        }

        @Override
        public void map(long start, long end) {
            lock.writeLock().lock();
            try {
                int access = MemoryFlags.PROT_READ | MemoryFlags.PROT_WRITE;
                calls.mmap(start, end - start, access, RESERVED | MemoryFlags.MAP_FIXED, -1, 0);
                areas.put(start, anonymous(start, end));
            } finally {
                lock.writeLock().unlock();
            }
        }

        @Override
        public void unmap(long start, long end) {
            lock.writeLock().lock();
            try {
                int access = MemoryFlags.PROT_NONE;
                calls.mmap(start, end - start, access, RESERVED | MemoryFlags.MAP_FIXED, -1, 0);
                areas.remove(start);
            } finally {
                lock.writeLock().unlock();
            }
        }

        @Override
        public void close() {
            calls.munmap(base, bytes);
        }
    }

    private static final class OfSkipList extends InJava {
        private final NavigableMap<Long, Area> areas = new ConcurrentSkipListMap<>();

        @Override
        public @Nullable Area findOrNull(long address) {
            return holding(address, areas.floorEntry(address));
        }

        @Override
        public void map(long start, long end) {
            areas.put(start, anonymous(start, end));
        }

        @Override
        public void unmap(long start, long end) {
            areas.remove(start);
        }
    }
}
