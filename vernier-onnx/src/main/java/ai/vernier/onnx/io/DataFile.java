package ai.vernier.onnx.io;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/// The file beside a model that is being written: which bytes go where in it.
final class DataFile {
    /// The specification recommends offsets that a memory page begins at.
    private static final long ALIGNMENT = 4096;

    /// What lies on the heap goes through a buffer of this size outside of it.
    private static final long WRITTEN_AT_ONCE = 1 << 23;

    private final String location;
    private final long thresholdBytes;
    private final List<Part> parts = new ArrayList<>();
    private long end;

    private record Part(long offset, MemorySegment bytes) {}

    /// @param location the file's name relative to the model
    DataFile(String location, long thresholdBytes) {
        this.location = location;
        this.thresholdBytes = thresholdBytes;
    }

    String location() {
        return location;
    }

    boolean takes(long sizeBytes) {
        return sizeBytes >= thresholdBytes;
    }

    boolean isEmpty() {
        return parts.isEmpty();
    }

    /// Finds a place for `bytes` and returns its offset.
    long place(MemorySegment bytes) {
        long offset = Math.ceilDiv(end, ALIGNMENT) * ALIGNMENT;
        parts.add(new Part(offset, bytes));
        end = offset + bytes.byteSize();
        return offset;
    }

    void write(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (Part part : parts) {
                write(part, channel);
            }
        }
    }

    private static void write(Part part, FileChannel channel) throws IOException {
        long size = part.bytes().byteSize();
        for (long done = 0; done < size; done += WRITTEN_AT_ONCE) {
            long length = Math.min(WRITTEN_AT_ONCE, size - done);
            ByteBuffer buffer = part.bytes().asSlice(done, length).asByteBuffer();
            while (buffer.hasRemaining()) {
                channel.write(buffer, part.offset() + done + buffer.position());
            }
        }
    }
}
