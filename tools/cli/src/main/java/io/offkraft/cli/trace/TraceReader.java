// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.trace;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Reads a trace file and accepts nothing that it can't vouch for.
 *
 * <p>Gzip of little-endian binary: 8 bytes {@code CKTRACE1}, u32 threads, u32 objects, u64 records,
 * then 16 bytes a record: u8 operation, u8 log2 of the alignment, u16 thread, u32 object, u64 size.
 *
 * <p><b>Failure:</b> whatever is wrong with the file, from its absence to its last byte, is a
 * {@link TraceFormatException}. Memory grows with the records that are there, not with those the
 * header promises.
 */
public final class TraceReader {
    /** The most records that fit into arrays. */
    static final int MAX_RECORDS = Integer.MAX_VALUE - 8;

    private static final byte[] MAGIC = "CKTRACE1".getBytes(StandardCharsets.US_ASCII);
    private static final int HEADER_BYTES = 24;
    private static final int RECORD_BYTES = 16;
    private static final int MAX_THREADS = 1 << Character.SIZE;
    private static final int BUFFER_BYTES = 1 << 16;

    private final Path file;
    private final InputStream in;
    private final ByteBuffer buffer =
            ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN).flip();
    private final RecordColumns columns = new RecordColumns();

    private TraceReader(Path file, InputStream in) {
        this.file = file;
        this.in = in;
    }

    /**
     * Reads the trace in {@code file}.
     *
     * @throws TraceFormatException if there is anything wrong with it
     */
    public static Trace read(Path file) throws TraceFormatException {
        rejectWhatIsNoFile(file);
        try (InputStream raw = Files.newInputStream(file);
                InputStream in = new GZIPInputStream(raw, BUFFER_BYTES)) {
            return new TraceReader(file, in).read();
        } catch (TraceFormatException e) {
            throw e;
        } catch (AccessDeniedException _) {
            throw TraceFormatException.ofFile(file, "permission to read it is denied");
        } catch (ZipException _) {
            throw TraceFormatException.ofFile(file, "is not gzip; a trace is a .ckt.gz file");
        } catch (EOFException _) {
            throw TraceFormatException.ofFile(
                    file, "is empty or ends inside the gzip header; a trace is a .ckt.gz file");
        } catch (IOException e) {
            throw TraceFormatException.ofFile(file, "can't be read: " + e.getMessage());
        }
    }

    private static void rejectWhatIsNoFile(Path file) throws TraceFormatException {
        if (Files.isDirectory(file)) {
            throw TraceFormatException.ofFile(file, "is a directory; give the files in it");
        }
        if (Files.notExists(file)) {
            throw TraceFormatException.ofFile(file, "does not exist");
        }
        if (!Files.isRegularFile(file)) {
            throw TraceFormatException.ofFile(
                    file, "is not a regular file; it has to be read more than once");
        }
    }

    private Trace read() throws TraceFormatException {
        int headerBytes = fill(HEADER_BYTES, -1);
        if (headerBytes < HEADER_BYTES) {
            throw TraceFormatException.ofHeader(
                    file, "cut off after %d of %d bytes".formatted(headerBytes, HEADER_BYTES));
        }
        checkMagic();
        int threads = headerCount("threads", Integer.toUnsignedLong(buffer.getInt()), MAX_THREADS);
        int objects = headerCount("objects", Integer.toUnsignedLong(buffer.getInt()), MAX_RECORDS);
        int records = headerCount("records", buffer.getLong(), MAX_RECORDS);
        RecordChecks checks = new RecordChecks(file, threads, objects);
        for (int record = 0; record < records; record++) {
            readRecord(record, records, checks);
        }
        if (fill(1, records) > 0) {
            throw TraceFormatException.ofRecord(
                    file, records, "more follows the %d records of the header".formatted(records));
        }
        checks.finish();
        return new Trace(file, threads, objects, checks.peakLiveBytes(), columns);
    }

    private void checkMagic() throws TraceFormatException {
        byte[] magic = new byte[MAGIC.length];
        buffer.get(magic);
        if (!Arrays.equals(magic, MAGIC)) {
            throw TraceFormatException.ofHeader(
                    file,
                    "begins with %s; a trace begins with %s".formatted(hex(magic), hex(MAGIC)));
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.ofDelimiter(" ").formatHex(bytes);
    }

    private int headerCount(String what, long count, int max) throws TraceFormatException {
        if (count < 1 || count > max) {
            throw TraceFormatException.ofHeader(
                    file,
                    "%s %s; from 1 to %d can be replayed"
                            .formatted(Long.toUnsignedString(count), what, max));
        }
        return (int) count;
    }

    private void readRecord(int record, int records, RecordChecks checks)
            throws TraceFormatException {
        int there = fill(RECORD_BYTES, record);
        if (there < RECORD_BYTES) {
            throw TraceFormatException.ofRecord(
                    file,
                    record,
                    there == 0
                            ? "is missing; the header promises %d records".formatted(records)
                            : "cut off after %d of %d bytes".formatted(there, RECORD_BYTES));
        }
        int operation = Byte.toUnsignedInt(buffer.get());
        int alignLog2 = Byte.toUnsignedInt(buffer.get());
        int thread = Short.toUnsignedInt(buffer.getShort());
        int object = buffer.getInt();
        long sizeBytes = buffer.getLong();
        checks.accept(record, operation, alignLog2, thread, object, sizeBytes);
        columns.append(operation, alignLog2, thread, object, sizeBytes);
    }

    /**
     * Makes {@code wanted} bytes readable in the buffer if the file has that many left.
     *
     * @return the bytes readable, fewer than wanted only at the end of the file
     */
    private int fill(int wanted, int record) throws TraceFormatException {
        if (buffer.remaining() >= wanted) {
            return buffer.remaining();
        }
        buffer.compact();
        try {
            while (buffer.position() < wanted) {
                int read = in.read(buffer.array(), buffer.position(), buffer.remaining());
                if (read < 0) {
                    break;
                }
                buffer.position(buffer.position() + read);
            }
        } catch (IOException e) {
            throw damaged(record, e);
        }
        buffer.flip();
        return buffer.remaining();
    }

    private TraceFormatException damaged(int record, IOException cause) {
        String problem =
                switch (cause) {
                    case EOFException _ -> "the gzip data ends here; the file is truncated";
                    case ZipException e -> "the gzip data is damaged: " + e.getMessage();
                    default -> "can't be read: " + cause.getMessage();
                };
        return record < 0
                ? TraceFormatException.ofHeader(file, problem)
                : TraceFormatException.ofRecord(file, record, problem);
    }
}
