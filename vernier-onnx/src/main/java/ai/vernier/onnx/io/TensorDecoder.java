package ai.vernier.onnx.io;

import ai.vernier.onnx.Bytes;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxProto.StringStringEntryProto;
import ai.vernier.onnx.io.OnnxProto.TensorProto;
import com.google.protobuf.ByteString;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// `TensorProto` → [TensorData]. Raw and external data are wrapped where they lie; typed fields are packed.
final class TensorDecoder {
    /// Stands for a tensor that could not be read, so that the search for problems goes on.
    private static final TensorData UNREADABLE =
            TensorData.ofBytes(DataType.UINT8, MemorySegment.ofArray(new byte[0]), 0);

    /// No runtime takes as many axes; whoever goes over pairs of them would take long.
    private static final int MOST_AXES = 1000;

    private final ExternalFiles files;
    private final Optional<WeightSplit.Parts> split;
    private final Problems problems;

    /// @param split where the weights have been taken out of the file before it was decoded
    TensorDecoder(ExternalFiles files, Optional<WeightSplit.Parts> split, Problems problems) {
        this.files = files;
        this.split = split;
        this.problems = problems;
    }

    /// The tensor of an initializer, whose name is kept elsewhere.
    TensorData initializer(TensorProto proto, String place) {
        return decode(proto.toBuilder().clearName().build(), place);
    }

    /// @param place where the tensor stands, for messages
    TensorData decode(TensorProto proto, String place) {
        Optional<DataType> type = DataType.ofNumber(proto.getDataType());
        if (type.isEmpty()) {
            problems.add(
                    place,
                    "data type number %d is unknown; expected 1 to %d"
                            .formatted(proto.getDataType(), DataType.values().length));
            return UNREADABLE;
        }
        long[] dims = proto.getDimsList().stream().mapToLong(Long::longValue).toArray();
        return elementCount(dims, type.get(), place)
                .map(count -> decode(proto, type.get(), dims, place))
                .orElse(UNREADABLE);
    }

    private Optional<Long> elementCount(long[] dims, DataType type, String place) {
        if (dims.length > MOST_AXES) {
            problems.add(place, "has %d dimensions; expected at most %d".formatted(dims.length, MOST_AXES));
            return Optional.empty();
        }
        if (Arrays.stream(dims).anyMatch(dim -> dim < 0)) {
            problems.add(place, "dimensions %s: none may be negative".formatted(Arrays.toString(dims)));
            return Optional.empty();
        }
        try {
            // strides count the elements of the other axes, also where one of them is empty
            long[] extents = Arrays.stream(dims).map(dim -> Math.max(1, dim)).toArray();
            Math.multiplyExact(TensorData.elementCount(extents), Math.max(8, type.bits()));
            return Optional.of(TensorData.elementCount(dims));
        } catch (ArithmeticException _) {
            problems.add(place, "dimensions %s hold more elements than any memory".formatted(Arrays.toString(dims)));
            return Optional.empty();
        }
    }

    private TensorData decode(TensorProto proto, DataType type, long[] dims, String place) {
        List<String> present = fieldsWithData(proto);
        if (present.size() > 1) {
            problems.add(place, "data stands in %s; expected one place".formatted(String.join(" and ", present)));
            return UNREADABLE;
        }
        if (type == DataType.STRING) {
            return strings(proto, dims, place);
        }
        try {
            MemorySegment bytes = bytes(proto, type, type.sizeBytes(TensorData.elementCount(dims)));
            return TensorData.ofBytes(type, bytes, dims).withDetails(details(proto));
        } catch (Unreadable e) {
            problems.add(place, "%s%s %s".formatted(type.text(), shown(dims), e.getMessage()));
            return UNREADABLE;
        }
    }

    private static List<String> fieldsWithData(TensorProto proto) {
        Map<String, Boolean> fields = new LinkedHashMap<>();
        fields.put("external_data", isExternal(proto));
        fields.put("raw_data", !proto.getRawData().isEmpty());
        fields.put("float_data", proto.getFloatDataCount() > 0);
        fields.put("int32_data", proto.getInt32DataCount() > 0);
        fields.put("int64_data", proto.getInt64DataCount() > 0);
        fields.put("uint64_data", proto.getUint64DataCount() > 0);
        fields.put("double_data", proto.getDoubleDataCount() > 0);
        fields.put("string_data", proto.getStringDataCount() > 0);
        return fields.entrySet().stream()
                .filter(Map.Entry::getValue)
                .map(Map.Entry::getKey)
                .toList();
    }

    private static boolean isExternal(TensorProto proto) {
        return proto.getDataLocation() == TensorProto.DataLocation.EXTERNAL_VALUE;
    }

    private TensorData strings(TensorProto proto, long[] dims, String place) {
        if (isExternal(proto)
                || !proto.getRawData().isEmpty()
                || proto.getStringDataCount() != TensorData.elementCount(dims)) {
            problems.add(
                    place,
                    "string%s has %d values in string_data, the only place for strings"
                            .formatted(shown(dims), proto.getStringDataCount()));
            return UNREADABLE;
        }
        List<Bytes> values = new ArrayList<>(proto.getStringDataCount());
        proto.getStringDataList().forEach(value -> values.add(Bytes.of(value.toByteArray())));
        return TensorData.ofStrings(values, dims).withDetails(details(proto));
    }

    private MemorySegment bytes(TensorProto proto, DataType type, long expected) throws Unreadable {
        if (isExternal(proto)) {
            return external(proto, expected);
        }
        MemorySegment bytes = proto.getRawData().isEmpty() ? TypedFields.pack(proto, type) : wrap(proto.getRawData());
        if (bytes.byteSize() != expected) {
            throw new Unreadable("takes %d bytes, found %d".formatted(expected, bytes.byteSize()));
        }
        return bytes;
    }

    private MemorySegment wrap(ByteString bytes) throws Unreadable {
        if (split.isPresent()) {
            return split.get().weight(bytes);
        }
        return MemorySegment.ofBuffer(bytes.asReadOnlyByteBuffer());
    }

    private MemorySegment external(TensorProto proto, long expected) throws Unreadable {
        Map<String, String> entries = new LinkedHashMap<>();
        for (StringStringEntryProto entry : proto.getExternalDataList()) {
            entries.put(entry.getKey(), entry.getValue());
        }
        String location = entries.getOrDefault("location", "");
        if (location.isEmpty()) {
            throw new Unreadable("has external data without a location");
        }
        long offset = number(entries, "offset", 0);
        long length = number(entries, "length", expected);
        if (length != expected) {
            throw new Unreadable(
                    "takes %d bytes, but its external data in '%s' has %d".formatted(expected, location, length));
        }
        return files.slice(location, offset, length);
    }

    private static long number(Map<String, String> entries, String key, long otherwise) throws Unreadable {
        String text = entries.get(key);
        if (text == null) {
            return otherwise;
        }
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new Unreadable("has external data whose %s is '%s'; expected a number".formatted(key, text), e);
        }
    }

    private static Details details(TensorProto proto) {
        TensorProto.Builder remainder = TensorProto.newBuilder()
                .addAllMetadataProps(Metadata.extended(proto.getMetadataPropsList()))
                .setUnknownFields(proto.getUnknownFields());
        if (!proto.getName().isEmpty()) {
            remainder.setName(proto.getName());
        }
        if (proto.hasSegment()) {
            remainder.setSegment(proto.getSegment());
        }
        return Metadata.details(proto.getDocString(), proto.getMetadataPropsList(), remainder.build());
    }

    private static String shown(long[] dims) {
        return Arrays.toString(dims).replace(" ", "");
    }
}
