// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

import io.offkraft.vmem.Protection;
import java.util.function.LongUnaryOperator;

/** What a call does to a range of pages, wherever that is. */
sealed interface Operation {
    /** What is mapped. */
    enum Source {
        /** Memory of the process's own. */
        ANONYMOUS,
        /** A file; what is written stays with the process. */
        FILE_PRIVATE,
        /** A file; what is written goes to it. */
        FILE_SHARED
    }

    /** What is done with the contents of pages; the layout stays. */
    enum Treatment {
        NORMAL,
        RANDOM,
        SEQUENTIAL,
        WILLNEED,
        DONTNEED,
        FREE,
        HUGEPAGE,
        NOHUGEPAGE,
        COLD,
        PAGEOUT,
        COLLAPSE,
        POPULATE,
        LOCK,
        UNLOCK,
        SYNC
    }

    /** Returns the first address. */
    long start();

    /** Returns the address behind the last. */
    long end();

    /** Returns the same with other addresses. */
    Operation at(LongUnaryOperator place);

    default long bytes() {
        return end() - start();
    }

    /**
     * Maps pages.
     *
     * @param offset the byte of the file that comes first; 0 without one
     * @param replaces whether there may be something that goes
     */
    record Place(
            long start,
            long end,
            Source source,
            long offset,
            Protection protection,
            boolean replaces)
            implements Operation {
        @Override
        public Operation at(LongUnaryOperator place) {
            long first = place.applyAsLong(start);
            return new Place(first, first + bytes(), source, offset, protection, replaces);
        }

        Place replacing() {
            return new Place(start, end, source, offset, protection, true);
        }
    }

    /** Unmaps what is there. */
    record Clear(long start, long end) implements Operation {
        @Override
        public Operation at(LongUnaryOperator place) {
            long first = place.applyAsLong(start);
            return new Clear(first, first + bytes());
        }
    }

    /** Sets the protection of what is there. */
    record Protect(long start, long end, Protection protection) implements Operation {
        @Override
        public Operation at(LongUnaryOperator place) {
            long first = place.applyAsLong(start);
            return new Protect(first, first + bytes(), protection);
        }
    }

    /** Treats the contents of what is there. */
    record Treat(long start, long end, Treatment treatment) implements Operation {
        @Override
        public Operation at(LongUnaryOperator place) {
            long first = place.applyAsLong(start);
            return new Treat(first, first + bytes(), treatment);
        }
    }

    /** Makes what is there longer or shorter, without moving it. */
    record Resize(long start, long end, long newEnd) implements Operation {
        @Override
        public Operation at(LongUnaryOperator place) {
            long first = place.applyAsLong(start);
            return new Resize(first, first + bytes(), first + (newEnd - start));
        }
    }

    /** Moves what is there to another place, where it may be longer or shorter. */
    record Move(long start, long end, long newStart, long newEnd, boolean keepsOld)
            implements Operation {
        @Override
        public Operation at(LongUnaryOperator place) {
            long first = place.applyAsLong(start);
            long newFirst = place.applyAsLong(newStart);
            return new Move(
                    first, first + bytes(), newFirst, newFirst + (newEnd - newStart), keepsOld);
        }
    }
}
