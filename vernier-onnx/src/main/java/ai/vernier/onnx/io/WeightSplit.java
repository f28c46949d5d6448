package ai.vernier.onnx.io;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A memory-mapped model file taken apart before protobuf sees it, because protobuf would copy its weights to the heap:
/// every `raw_data` of a tensor that the reader decodes becomes a view of the file, and what remains, the structure,
/// has the view's number in its place.
///
/// This walks the [wire format](https://protobuf.dev/programming-guides/encoding/) and trusts no length in it.
final class WeightSplit {
    /// As deep as protobuf itself goes.
    private static final int MAX_DEPTH = 100;

    private static final int MAX_VARINT = 10;

    private static final int VARINT = 0;
    private static final int EIGHT_BYTES = 1;
    private static final int LENGTH_PREFIXED = 2;
    private static final int FOUR_BYTES = 5;

    private final MemorySegment file;
    private final List<MemorySegment> weights = new ArrayList<>();

    /// The messages on the way from a model to its tensors, with the numbers of the fields that lead on.
    private enum Message {
        MODEL,
        GRAPH,
        FUNCTION,
        NODE,
        ATTRIBUTE,
        TENSOR;

        private @Nullable Message inField(int number) {
            return switch (this) {
                case MODEL -> number == 7 ? GRAPH : number == 25 ? FUNCTION : null;
                case GRAPH -> number == 1 ? NODE : number == 5 ? TENSOR : null;
                case FUNCTION -> number == 7 ? NODE : number == 11 ? ATTRIBUTE : null;
                case NODE -> number == 5 ? ATTRIBUTE : null;
                case ATTRIBUTE -> number == 5 || number == 10 ? TENSOR : number == 6 || number == 11 ? GRAPH : null;
                case TENSOR -> null;
            };
        }

        private boolean isRawData(int number) {
            return this == TENSOR && number == 9;
        }
    }

    /// A file whose wire format breaks off.
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;

        Malformed(String what, long position) {
            super("at byte %d: %s".formatted(position, what));
        }
    }

    private WeightSplit(MemorySegment file) {
        this.file = file;
    }

    /// @param structure the bytes of the model without its weights
    record Parts(ByteString structure, List<MemorySegment> weights) {
        Parts {
            weights = List.copyOf(weights);
        }

        /// The view that stands behind what `structure` has as a tensor's `raw_data`.
        MemorySegment weight(ByteString number) throws Unreadable {
            int index = number.size() == Integer.BYTES
                    ? number.asReadOnlyByteBuffer().getInt()
                    : -1;
            if (index < 0 || index >= weights.size()) {
                throw new Unreadable("has its data where the reader has not looked for them");
            }
            return weights.get(index);
        }
    }

    static Parts of(MemorySegment file) throws Malformed {
        WeightSplit split = new WeightSplit(file);
        byte[] structure = split.message(Message.MODEL, new Span(0, file.byteSize()), 0);
        return new Parts(UnsafeByteOperations.unsafeWrap(structure), split.weights);
    }

    private record Span(long from, long to) {
        long size() {
            return to - from;
        }
    }

    private byte[] message(Message message, Span span, int depth) throws Malformed {
        if (depth > MAX_DEPTH) {
            throw new Malformed("messages are nested more than %d deep".formatted(MAX_DEPTH), span.from);
        }
        ByteArrayOutputStream kept = new ByteArrayOutputStream();
        long position = span.from;
        while (position < span.to) {
            long body = varintEnd(position, span.to);
            int tag = (int) varint(position, body);
            Span content = content(tag & 7, new Span(body, span.to));
            if ((tag & 7) == LENGTH_PREFIXED) {
                copy(new Span(position, body), kept);
                prefixed(message, tag >>> 3, new Located(content, depth), kept);
            } else {
                copy(new Span(position, content.to), kept);
            }
            position = content.to;
        }
        return kept.toByteArray();
    }

    private record Located(Span content, int depth) {}

    /// Writes the content of a length-prefixed field, changed or as it is.
    private void prefixed(Message message, int number, Located at, ByteArrayOutputStream kept) throws Malformed {
        Message inner = message.inField(number);
        if (inner != null) {
            byte[] changed = message(inner, at.content, at.depth + 1);
            putVarint(changed.length, kept);
            kept.writeBytes(changed);
        } else if (message.isRawData(number) && at.content.size() > 0) {
            putVarint(Integer.BYTES, kept);
            kept.writeBytes(
                    ByteBuffer.allocate(Integer.BYTES).putInt(weights.size()).array());
            weights.add(file.asSlice(at.content.from, at.content.size()));
        } else {
            putVarint(at.content.size(), kept);
            copy(at.content, kept);
        }
    }

    /// What follows a tag: for a length-prefixed field the bytes after the length.
    private Span content(int wireType, Span rest) throws Malformed {
        long from = rest.from;
        long size = switch (wireType) {
            case VARINT -> varintEnd(from, rest.to) - from;
            case EIGHT_BYTES -> Long.BYTES;
            case FOUR_BYTES -> Integer.BYTES;
            case LENGTH_PREFIXED -> {
                from = varintEnd(from, rest.to);
                yield varint(rest.from, from);
            }
            default -> throw new Malformed("wire type %d is not of this format".formatted(wireType), from);
        };
        if (size < 0 || size > rest.to - from) {
            throw new Malformed("a field of %d bytes where %d are left".formatted(size, rest.to - from), from);
        }
        return new Span(from, from + size);
    }

    private long varintEnd(long from, long limit) throws Malformed {
        for (long at = from; at < Math.min(limit, from + MAX_VARINT); at++) {
            if (file.get(ValueLayout.JAVA_BYTE, at) >= 0) {
                return at + 1;
            }
        }
        throw new Malformed("a number does not end", from);
    }

    private long varint(long from, long to) {
        long value = 0;
        for (long at = to - 1; at >= from; at--) {
            value = value << 7 | (file.get(ValueLayout.JAVA_BYTE, at) & 0x7F);
        }
        return value;
    }

    private static void putVarint(long value, ByteArrayOutputStream to) {
        long rest = value;
        while (rest > 0x7F) {
            to.write((int) ((rest & 0x7F) | 0x80));
            rest >>>= 7;
        }
        to.write((int) rest);
    }

    private void copy(Span span, ByteArrayOutputStream to) throws Malformed {
        if (span.size() > Integer.MAX_VALUE - 8 - to.size()) {
            throw new Malformed("its structure has more than 2 GiB", span.from);
        }
        to.writeBytes(file.asSlice(span.from, span.size()).toArray(ValueLayout.JAVA_BYTE));
    }
}
