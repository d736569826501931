// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

import io.offkraft.cli.vm.Operation.Clear;
import io.offkraft.cli.vm.Operation.Move;
import io.offkraft.cli.vm.Operation.Place;
import io.offkraft.cli.vm.Operation.Protect;
import io.offkraft.cli.vm.Operation.Resize;
import io.offkraft.cli.vm.Operation.Source;
import io.offkraft.cli.vm.Operation.Treat;
import io.offkraft.cli.vm.Operation.Treatment;
import io.offkraft.vmem.Protection;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what logged calls do, in the order of their effect, at the addresses of the recording.
 *
 * <p>What has no place in a replay gets a remark; nothing is dropped in silence.
 */
final class StepMaker {
    private static final long MAX_BYTES = VmPlan.SPACE_BYTES_MAX;

    /**
     * Shared memory without a file is a part of the file of its own, behind all offsets of logs.
     */
    private static final long FIRST_OFFSET_WITHOUT_FILE = 1L << 40;

    private final Path file;
    private final Remarks remarks;
    private final Map<Long, Long> sharedMemoryBytes = new HashMap<>();
    private final Map<Long, Long> attachedBytes = new HashMap<>();
    private long nextOffset = FIRST_OFFSET_WITHOUT_FILE;

    /** The end of the heap that brk moves; -1 before it is known. */
    private long heapEnd = -1;

    StepMaker(Path file, Remarks remarks) {
        this.file = file;
        this.remarks = remarks;
    }

    /** Returns what {@code call} does; null if that is nothing, or was remarked on. */
    @Nullable VmStep stepOrNull(LoggedCall call) throws StraceFormatException {
        if (call.failed()) {
            remarks.add(
                    "%s failed with %s: left out".formatted(call.name(), call.errno()),
                    call.line());
            return null;
        }
        Operation operation = operationOrNull(call, new Arguments(file, call));
        if (operation == null) {
            return null;
        }
        if (operation.bytes() == 0) {
            remarks.add(call.name() + " of no bytes: left out", call.line());
            return null;
        }
        return new VmStep(call.line(), call.thread(), call.name(), operation, null);
    }

    private @Nullable Operation operationOrNull(LoggedCall call, Arguments arguments)
            throws StraceFormatException {
        return switch (call.name()) {
            case "mmap", "mmap2" -> mmap(call, arguments);
            case "munmap" -> munmap(arguments);
            case "mprotect", "pkey_mprotect" -> mprotect(arguments);
            case "madvise" -> madviseOrNull(call, arguments);
            case "mremap" -> mremapOrNull(call, arguments);
            case "brk" -> brkOrNull(arguments);
            case "mlock", "mlock2" -> treat(arguments, 2, 3, Treatment.LOCK);
            case "munlock" -> treat(arguments, 2, 2, Treatment.UNLOCK);
            case "msync" -> treat(arguments, 3, 3, Treatment.SYNC);
            case "shmget" -> shmget(arguments);
            case "shmat" -> shmatOrNull(call, arguments);
            case "shmdt" -> shmdtOrNull(call, arguments);
            case "fork", "vfork" -> throw anotherSpace(arguments);
            case "clone", "clone3" -> cloned(call, arguments);
            default -> leftOut(call, call.name());
        };
    }

    private @Nullable Operation leftOut(LoggedCall call, String what) {
        remarks.add(what + ": left out, it does not change the layout", call.line());
        return null;
    }

    private Operation mmap(LoggedCall call, Arguments arguments) throws StraceFormatException {
        arguments.expect(6, 6);
        long start = arguments.resultPageAddress();
        long end = arguments.end(start, checkedSize(arguments, arguments.pageBytes(1)));
        Protection protection = arguments.protection(2, remarks);
        boolean anonymous = false;
        boolean replaces = false;
        Boolean shared = null;
        for (String flag : arguments.words(3)) {
            switch (flag) {
                case "MAP_SHARED", "MAP_SHARED_VALIDATE" -> shared = true;
                case "MAP_PRIVATE" -> shared = false;
                case "MAP_ANONYMOUS" -> anonymous = true;
                case "MAP_FIXED" -> replaces = true;
                case "MAP_FIXED_NOREPLACE",
                        "MAP_NORESERVE",
                        "MAP_STACK",
                        "MAP_DENYWRITE",
                        "MAP_EXECUTABLE",
                        "MAP_FILE",
                        "MAP_32BIT" -> {} // no more than a matter of where
                default -> remarks.add(flag + ": left out of the mapping", call.line());
            }
        }
        if (shared == null) {
            throw arguments.wrong("mmap needs MAP_SHARED or MAP_PRIVATE");
        }
        if (anonymous) {
            return shared
                    ? sharedWithoutFile(start, end, protection, replaces, call)
                    : new Place(start, end, Source.ANONYMOUS, 0, protection, replaces);
        }
        return new Place(
                start,
                end,
                shared ? Source.FILE_SHARED : Source.FILE_PRIVATE,
                arguments.fileOffset(5),
                protection,
                replaces);
    }

    private long checkedSize(Arguments arguments, long bytes) throws StraceFormatException {
        if (bytes > MAX_BYTES) {
            throw arguments.wrong(
                    "%d bytes are more than the %d that can be replayed"
                            .formatted(bytes, MAX_BYTES));
        }
        return bytes;
    }

    private Operation sharedWithoutFile(
            long start, long end, Protection protection, boolean replaces, LoggedCall call) {
        remarks.add("shared memory without a file: replayed as a part of a file", call.line());
        long offset = nextOffset;
        nextOffset =
                FIRST_OFFSET_WITHOUT_FILE
                        + (nextOffset - FIRST_OFFSET_WITHOUT_FILE + 2 * (end - start)) % MAX_BYTES;
        return new Place(start, end, Source.FILE_SHARED, offset, protection, replaces);
    }

    private Operation munmap(Arguments arguments) throws StraceFormatException {
        arguments.expect(2, 2);
        long start = arguments.pageAddress(0);
        return new Clear(start, arguments.end(start, arguments.pageBytes(1)));
    }

    private Operation mprotect(Arguments arguments) throws StraceFormatException {
        arguments.expect(3, 4);
        long start = arguments.pageAddress(0);
        long end = arguments.end(start, arguments.pageBytes(1));
        return new Protect(start, end, arguments.protection(2, remarks));
    }

    private @Nullable Operation madviseOrNull(LoggedCall call, Arguments arguments)
            throws StraceFormatException {
        arguments.expect(3, 3);
        String advice = arguments.word(2);
        Treatment treatment =
                switch (advice) {
                    case "MADV_NORMAL" -> Treatment.NORMAL;
                    case "MADV_RANDOM" -> Treatment.RANDOM;
                    case "MADV_SEQUENTIAL" -> Treatment.SEQUENTIAL;
                    case "MADV_WILLNEED" -> Treatment.WILLNEED;
                    case "MADV_DONTNEED" -> Treatment.DONTNEED;
                    case "MADV_FREE" -> Treatment.FREE;
                    case "MADV_HUGEPAGE" -> Treatment.HUGEPAGE;
                    case "MADV_NOHUGEPAGE" -> Treatment.NOHUGEPAGE;
                    case "MADV_COLD" -> Treatment.COLD;
                    case "MADV_PAGEOUT" -> Treatment.PAGEOUT;
                    case "MADV_COLLAPSE" -> Treatment.COLLAPSE;
                    case "MADV_POPULATE_READ", "MADV_POPULATE_WRITE" -> Treatment.POPULATE;
                    default -> null;
                };
        return treatment == null
                ? leftOut(call, "madvise " + advice)
                : treat(arguments, 3, 3, treatment);
    }

    private Operation treat(Arguments arguments, int least, int most, Treatment treatment)
            throws StraceFormatException {
        arguments.expect(least, most);
        long address = arguments.address(0);
        long start = address & -Arguments.roundedUp(1); // mlock takes any address
        long end = Arguments.roundedUp(arguments.end(address, arguments.length(1)));
        return new Treat(start, end, treatment);
    }

    private @Nullable Operation mremapOrNull(LoggedCall call, Arguments arguments)
            throws StraceFormatException {
        arguments.expect(4, 5);
        long start = arguments.pageAddress(0);
        long end = arguments.end(start, arguments.pageBytes(1));
        long newStart = arguments.resultPageAddress();
        long newEnd = arguments.end(newStart, checkedSize(arguments, arguments.pageBytes(2)));
        List<String> flags = arguments.words(3);
        if (start == end || newStart == newEnd) {
            return leftOut(call, "mremap that doubles a shared mapping");
        }
        if (start == newStart) {
            return new Resize(start, end, newEnd);
        }
        if (start < newEnd && newStart < end) {
            throw arguments.wrong("mremap can't move a range onto itself");
        }
        remarks.add(
                "mremap that moves: replayed as a new mapping at that place, for a space chooses"
                        + " the place of a move itself",
                call.line());
        return new Move(start, end, newStart, newEnd, flags.contains("MREMAP_DONTUNMAP"));
    }

    private @Nullable Operation brkOrNull(Arguments arguments) throws StraceFormatException {
        arguments.expect(1, 1);
        long asked = arguments.address(0);
        long before = heapEnd;
        heapEnd = arguments.resultAddress();
        if (before < 0 || before == heapEnd) {
            return null; // asks where the heap ends, or is refused, which is to be seen by this
        }
        if (asked == 0) {
            throw arguments.wrong(
                    "brk says that the heap ends elsewhere than the brk before it left it: the log"
                            + " is of several programs; record one");
        }
        long from = Arguments.roundedUp(Math.min(before, heapEnd));
        long to = Arguments.roundedUp(Math.max(before, heapEnd));
        checkedSize(arguments, to - from);
        return before < heapEnd
                ? new Place(from, to, Source.ANONYMOUS, 0, Protection.READ_WRITE, false)
                : new Clear(from, to);
    }

    private @Nullable Operation shmget(Arguments arguments) throws StraceFormatException {
        arguments.expect(3, 3);
        sharedMemoryBytes.put(
                arguments.resultAddress(), checkedSize(arguments, arguments.pageBytes(1)));
        return null;
    }

    private @Nullable Operation shmatOrNull(LoggedCall call, Arguments arguments)
            throws StraceFormatException {
        arguments.expect(3, 3);
        Long bytes = sharedMemoryBytes.get(arguments.address(0));
        if (bytes == null) {
            remarks.add("shmat of a size that no shmget of the log says: left out", call.line());
            return null;
        }
        long start = arguments.resultPageAddress();
        attachedBytes.put(start, bytes);
        List<String> flags = arguments.words(2);
        return sharedWithoutFile(
                start,
                arguments.end(start, bytes),
                flags.contains("SHM_RDONLY") ? Protection.READ : Protection.READ_WRITE,
                flags.contains("SHM_REMAP"),
                call);
    }

    private @Nullable Operation shmdtOrNull(LoggedCall call, Arguments arguments)
            throws StraceFormatException {
        arguments.expect(1, 1);
        long start = arguments.pageAddress(0);
        Long bytes = attachedBytes.remove(start);
        if (bytes == null) {
            remarks.add("shmdt of what the log did not attach: left out", call.line());
            return null;
        }
        return new Clear(start, start + bytes);
    }

    private @Nullable Operation cloned(LoggedCall call, Arguments arguments)
            throws StraceFormatException {
        if (String.join(",", call.arguments()).contains("CLONE_VM")) {
            return leftOut(call, call.name());
        }
        throw anotherSpace(arguments);
    }

    private static StraceFormatException anotherSpace(Arguments arguments) {
        return arguments.wrong(
                "makes a process with addresses of its own; record a program of one process");
    }
}
