package ai.vernier.data;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.stream.Collectors;

/// Writes one `.npy` file piece by piece, for arrays larger than memory. The file appears under its
/// name only when [#finish] has found it complete; closing without that leaves nothing behind.
public final class NpyWriter implements AutoCloseable {
    private static final int ALIGNMENT = 64;
    private static final long CHUNK = 1 << 24;

    private final Path path;
    private final Path temporary;
    private final FileChannel channel;
    private final long expectedBytes;

    private NpyWriter(Path path, Path temporary, FileChannel channel, long expectedBytes) {
        this.path = path;
        this.temporary = temporary;
        this.channel = channel;
        this.expectedBytes = expectedBytes;
    }

    /// Begins an array of shape `dims`.
    ///
    /// @throws IllegalArgumentException where NumPy has no such type, see [Npy#canHold]
    public static NpyWriter create(Path path, DataType type, long... dims) throws IOException {
        byte[] header = header(type, dims);
        Path temporary = path.resolveSibling("." + path.getFileName() + ".part");
        FileChannel channel = FileChannel.open(
                temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
        long bytes = header.length + type.sizeBytes(TensorData.elementCount(dims));
        NpyWriter writer = new NpyWriter(path, temporary, channel, bytes);
        writer.write(MemorySegment.ofArray(header));
        return writer;
    }

    /// Everything before the elements.
    static byte[] header(DataType type, long[] dims) {
        String description = NpyHeader.description(type)
                .orElseThrow(() -> new IllegalArgumentException("NumPy has no type for " + type.text()));
        String shape = Arrays.stream(dims).mapToObj(Long::toString).collect(Collectors.joining(", "));
        String text = "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }"
                .formatted(description, dims.length == 1 ? shape + "," : shape);
        int used = 10 + text.length() + 1;
        String padded = text + " ".repeat(Math.ceilDiv(used, ALIGNMENT) * ALIGNMENT - used) + "\n";
        ByteBuffer header = ByteBuffer.allocate(10 + padded.length());
        header.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
        header.put((byte) padded.length()).put((byte) (padded.length() >> 8));
        header.put(padded.getBytes(StandardCharsets.US_ASCII));
        return header.array();
    }

    /// Appends the elements of `rows`, whatever its dimensions.
    public void append(TensorData rows) throws IOException {
        write(rows.bytes());
    }

    private void write(MemorySegment bytes) throws IOException {
        transfer(bytes, channel);
    }

    static void transfer(MemorySegment bytes, WritableByteChannel target) throws IOException {
        for (long done = 0; done < bytes.byteSize(); done += CHUNK) {
            ByteBuffer chunk = bytes.asSlice(done, Math.min(CHUNK, bytes.byteSize() - done))
                    .asByteBuffer();
            while (chunk.hasRemaining()) {
                target.write(chunk);
            }
        }
    }

    /// Moves the finished file into place.
    ///
    /// @throws IllegalStateException where not exactly the announced elements were appended
    public void finish() throws IOException {
        if (channel.position() != expectedBytes) {
            throw new IllegalStateException(
                    "%s: wrote %d of %d bytes".formatted(path, channel.position(), expectedBytes));
        }
        channel.close();
        Files.move(temporary, path, StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public void close() throws IOException {
        channel.close();
        Files.deleteIfExists(temporary);
    }
}
