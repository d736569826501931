// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

import io.offkraft.vmem.Protection;
import io.offkraft.word.PageOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** The arguments of a logged call as numbers and words; what they can't be is an error. */
final class Arguments {
    /** No process has addresses from here on, with five levels of page tables either. */
    static final long ADDRESS_LIMIT = 1L << 56;

    private static final Pattern NUMBER = Pattern.compile("NULL|-?(?:0x[0-9a-f]{1,16}|\\d{1,18})");
    private static final Pattern WORDS = Pattern.compile("[0-9A-Za-z_|]+");

    private final Path file;
    private final LoggedCall call;

    Arguments(Path file, LoggedCall call) {
        this.file = file;
        this.call = call;
    }

    void expect(int least, int most) throws StraceFormatException {
        int there = call.arguments().size();
        if (there < least || there > most) {
            throw wrong(
                    "%s has %s arguments, not %d"
                            .formatted(
                                    call.name(),
                                    least == most ? "" + least : least + " to " + most,
                                    there));
        }
    }

    int count() {
        return call.arguments().size();
    }

    /** Returns an address, which for memory calls is a multiple of a page. */
    long pageAddress(int index) throws StraceFormatException {
        return checkedPage(address(index));
    }

    long address(int index) throws StraceFormatException {
        return checkedAddress(number(call.arguments().get(index)));
    }

    /** Returns the address that the call returned. */
    long resultPageAddress() throws StraceFormatException {
        return checkedPage(resultAddress());
    }

    long resultAddress() throws StraceFormatException {
        return checkedAddress(number(call.result()));
    }

    private long checkedAddress(long address) throws StraceFormatException {
        if (address < 0 || address >= ADDRESS_LIMIT) {
            throw wrong("0x%x is no address of a program".formatted(address));
        }
        return address;
    }

    private long checkedPage(long address) throws StraceFormatException {
        if (address % PageOrder.PAGE_BYTES != 0) {
            throw wrong("0x%x is not the address of a page".formatted(address));
        }
        return address;
    }

    /** Returns a length, rounded up to pages as the kernel does. */
    long pageBytes(int index) throws StraceFormatException {
        return roundedUp(length(index));
    }

    long length(int index) throws StraceFormatException {
        long bytes = number(call.arguments().get(index));
        if (bytes < 0 || bytes >= ADDRESS_LIMIT) {
            throw wrong("%s is no length".formatted(call.arguments().get(index)));
        }
        return bytes;
    }

    long fileOffset(int index) throws StraceFormatException {
        long offset = number(call.arguments().get(index));
        if (offset < 0 || offset >= 1L << 40 || offset % PageOrder.PAGE_BYTES != 0) {
            throw wrong(
                    "the offset %s is no multiple of a page below 2^40"
                            .formatted(call.arguments().get(index)));
        }
        return offset;
    }

    /** Returns the address behind {@code bytes} bytes. */
    long end(long start, long bytes) throws StraceFormatException {
        if (bytes > ADDRESS_LIMIT - start) {
            throw wrong("%d bytes from 0x%x are more than there are".formatted(bytes, start));
        }
        return start + bytes;
    }

    /** Returns the words of {@code A|B|C}. */
    List<String> words(int index) throws StraceFormatException {
        String text = call.arguments().get(index);
        if (!WORDS.matcher(text).matches()) {
            throw wrong("%s are no flags".formatted(text));
        }
        return List.of(text.split("\\|", -1));
    }

    String word(int index) {
        return call.arguments().get(index);
    }

    /** Returns what of the protection a space knows; the rest is remarked on. */
    Protection protection(int index, Remarks remarks) throws StraceFormatException {
        Protection protection = Protection.NONE;
        for (String word : words(index)) {
            switch (word) {
                case "PROT_NONE" -> {}
                case "PROT_READ" ->
                        protection = protection == Protection.NONE ? Protection.READ : protection;
                case "PROT_WRITE" -> protection = Protection.READ_WRITE;
                case "PROT_EXEC" -> {
                    remarks.add("PROT_EXEC: replayed as PROT_READ", call.line());
                    protection = protection == Protection.NONE ? Protection.READ : protection;
                }
                default -> remarks.add(word + ": left out of the protection", call.line());
            }
        }
        return protection;
    }

    StraceFormatException wrong(String problem) {
        return StraceFormatException.ofLine(file, call.line(), problem);
    }

    static long roundedUp(long bytes) {
        return (bytes + PageOrder.PAGE_BYTES - 1) & -PageOrder.PAGE_BYTES;
    }

    private long number(String text) throws StraceFormatException {
        if (!NUMBER.matcher(text).matches()) {
            throw wrong("%s is no number".formatted(text));
        }
        if (text.equals("NULL")) {
            return 0;
        }
        return text.startsWith("0x")
                ? Long.parseUnsignedLong(text.substring(2), 16)
                : text.startsWith("-0x") ? -1 : Long.parseLong(text);
    }
}
