package ai.vernier.onnx.io;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The file beside a model that is being written: which bytes go where in it.
final class DataFile {
    /// The specification recommends offsets that a memory page begins at.
    private static final long ALIGNMENT = 4096;

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
        try (SegmentWriter writer = SegmentWriter.create(file)) {
            for (Part part : parts) {
                writer.skipTo(part.offset());
                writer.append(part.bytes());
            }
        }
    }
}
