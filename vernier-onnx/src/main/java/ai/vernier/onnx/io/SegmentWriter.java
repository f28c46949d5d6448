package ai.vernier.onnx.io;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// Writes memory, on the heap or outside of it, to a new file. Small pieces are gathered first.
final class SegmentWriter implements AutoCloseable {
    /// What lies on the heap goes through a buffer of this size outside of it.
    private static final int WRITTEN_AT_ONCE = 1 << 23;

    private static final int GATHERED = 1 << 16;

    private final FileChannel channel;
    private final ByteBuffer gathered = ByteBuffer.allocateDirect(GATHERED);
    private long position;

    private SegmentWriter(FileChannel channel) {
        this.channel = channel;
    }

    static SegmentWriter create(Path file) throws IOException {
        return new SegmentWriter(FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
    }

    /// Bytes appended, and skipped, so far.
    long position() {
        return position;
    }

    /// Leaves a hole, of zeros where something follows, up to `target`.
    void skipTo(long target) throws IOException {
        flush();
        position = target;
    }

    void append(MemorySegment piece) throws IOException {
        if (piece.byteSize() > gathered.remaining()) {
            flush();
        }
        if (piece.byteSize() <= gathered.remaining()) {
            gathered.put(piece.asByteBuffer());
            position += piece.byteSize();
            return;
        }
        for (long done = 0; done < piece.byteSize(); done += WRITTEN_AT_ONCE) {
            long length = Math.min(WRITTEN_AT_ONCE, piece.byteSize() - done);
            write(piece.asSlice(done, length).asByteBuffer(), position);
            position += length;
        }
    }

    private void flush() throws IOException {
        gathered.flip();
        write(gathered, position - gathered.limit());
        gathered.clear();
    }

    private void write(ByteBuffer buffer, long start) throws IOException {
        long first = start - buffer.position();
        while (buffer.hasRemaining()) {
            channel.write(buffer, first + buffer.position());
        }
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            flush();
        }
    }
}
