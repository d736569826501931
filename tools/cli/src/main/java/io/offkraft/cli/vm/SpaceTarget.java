// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

import io.offkraft.cli.vm.Operation.Source;
import io.offkraft.cli.vm.Operation.Treatment;
import io.offkraft.platform.SystemCallException;
import io.offkraft.sync.Synchronization;
import io.offkraft.vmem.Advice;
import io.offkraft.vmem.Area;
import io.offkraft.vmem.AreaRequest;
import io.offkraft.vmem.Holes;
import io.offkraft.vmem.MappedFile;
import io.offkraft.vmem.Moving;
import io.offkraft.vmem.Protection;
import io.offkraft.vmem.VirtualAddressSpace;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The calls made on a virtual address space. */
class SpaceTarget implements VmTarget {
    private final VirtualAddressSpace space;
    private final MappedFile file;
    private final Remarks remarks;

    SpaceTarget(long bytes, Synchronization synchronization, Remarks remarks) {
        this.remarks = remarks;
        file = BackingFile.openedBy(path -> MappedFile.open(path, MappedFile.Access.READ_WRITE));
        try {
            space =
                    VirtualAddressSpace.builder()
                            .bytes(bytes)
                            .synchronization(synchronization)
                            .build();
        } catch (RuntimeException refused) {
            file.close();
            throw refused;
        }
    }

    VirtualAddressSpace space() {
        return space;
    }

    @Override
    public void make(VmStep step) {
        Operation operation = step.operation();
        long address = space.baseAddress() + operation.start();
        long bytes = operation.bytes();
        switch (operation) {
            case Operation.Place place -> place(place, address);
            case Operation.Clear _ -> unmap(address, bytes);
            case Operation.Protect protect ->
                    space.protect(address, bytes, protect.protection(), Holes.SKIPPED);
            case Operation.Resize resize ->
                    space.remap(address, bytes, resize.newEnd() - resize.start(), Moving.REFUSED);
            case Operation.Move move -> move(move, address);
            case Operation.Treat treat -> treat(treat.treatment(), step, address);
        }
    }

    /** As munmap does: holes are no error. */
    void unmap(long address, long bytes) {
        space.unmap(address, bytes, Holes.SKIPPED);
    }

    private void place(Operation.Place place, long address) {
        AreaRequest request =
                request(place.source(), place.offset(), place.bytes())
                        .protection(place.protection());
        space.map(place.replaces() ? request.replacing(address) : request.at(address));
    }

    private AreaRequest request(Source source, long offset, long bytes) {
        return switch (source) {
            case ANONYMOUS -> AreaRequest.anonymous(bytes);
            case FILE_PRIVATE -> AreaRequest.filePrivate(file, offset, bytes);
            case FILE_SHARED -> AreaRequest.fileShared(file, offset, bytes);
        };
    }

    /** The space says what is there, not the plan. */
    private void move(Operation.Move move, long address) {
        Area old = space.find(address).orElseThrow();
        Source source = source(old);
        long offset = source == Source.ANONYMOUS ? 0 : old.offset() + (address - old.start());
        AreaRequest request =
                request(source, offset, move.newEnd() - move.newStart())
                        .protection(old.protection());
        space.map(request.at(space.baseAddress() + move.newStart()));
        if (!move.keepsOld()) {
            unmap(address, move.bytes());
        }
    }

    static Source source(Area area) {
        return switch (area.kind()) {
            case ANONYMOUS -> Source.ANONYMOUS;
            case FILE_PRIVATE -> Source.FILE_PRIVATE;
            case FILE_SHARED -> Source.FILE_SHARED;
            case RESERVED, STACK, GUARD, FRAMES ->
                    throw new IllegalStateException("no replay makes " + area);
        };
    }

    /** A refusal leaves the layout as it is, so the replay goes on. */
    private void treat(Treatment treatment, VmStep step, long address) {
        long bytes = step.operation().bytes();
        try {
            switch (treatment) {
                case NORMAL -> advise(address, bytes, Advice.NORMAL);
                case RANDOM -> advise(address, bytes, Advice.RANDOM);
                case SEQUENTIAL -> advise(address, bytes, Advice.SEQUENTIAL);
                case WILLNEED -> advise(address, bytes, Advice.WILL_NEED);
                case DONTNEED -> advise(address, bytes, Advice.DONT_NEED);
                case FREE -> advise(address, bytes, Advice.FREE);
                case HUGEPAGE -> advise(address, bytes, Advice.HUGE_PAGE);
                case NOHUGEPAGE -> advise(address, bytes, Advice.NO_HUGE_PAGE);
                case COLD -> advise(address, bytes, Advice.COLD);
                case PAGEOUT -> advise(address, bytes, Advice.PAGE_OUT);
                case COLLAPSE -> advise(address, bytes, Advice.COLLAPSE);
                case POPULATE -> {
                    for (Area part : parts(address, bytes)) {
                        if (part.protection() != Protection.NONE) {
                            space.populate(part.start(), part.bytes());
                        }
                    }
                }
                case LOCK -> {
                    for (Area part : parts(address, bytes)) {
                        space.lockInMemory(part.start(), part.bytes());
                    }
                }
                case UNLOCK -> {
                    for (Area part : parts(address, bytes)) {
                        space.unlockInMemory(part.start(), part.bytes());
                    }
                }
                case SYNC -> {
                    for (Area part : parts(address, bytes)) {
                        if (part.kind() == Area.Kind.FILE_SHARED) {
                            space.sync(part.start(), part.bytes());
                        }
                    }
                }
            }
        } catch (SystemCallException refused) {
            remarks.add(
                    "%s that succeeded in the recording, but here is %s: left out"
                            .formatted(step.call(), refused.errnoName()),
                    step.line());
        }
    }

    private void advise(long address, long bytes, Advice advice) {
        space.advise(address, bytes, advice, Holes.SKIPPED);
    }

    /** Returns what of a range is mapped, each part an area without what lies outside. */
    private List<Area> parts(long address, long bytes) {
        long end = address + bytes;
        List<Area> parts = new ArrayList<>();
        Optional<Area> next = space.findAtOrAfter(address);
        while (next.isPresent() && next.get().start() < end) {
            Area area = next.get();
            parts.add(
                    new Area(
                            Math.max(area.start(), address),
                            Math.min(area.end(), end),
                            area.kind(),
                            area.protection()));
            if (area.end() >= end) {
                break;
            }
            next = space.findAtOrAfter(area.end());
        }
        return parts;
    }

    @Override
    public void close() {
        space.close();
        file.close();
    }
}
