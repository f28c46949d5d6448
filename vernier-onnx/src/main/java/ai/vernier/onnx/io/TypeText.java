package ai.vernier.onnx.io;

import ai.vernier.onnx.Bytes;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Dimension;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.ValueType;
import ai.vernier.onnx.io.OnnxProto.TypeProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/// Types in ONNX text: `float[N,3]`, `float` (a scalar), `float[]` (of unknown rank), `seq(…)`, `optional(…)`,
/// `map(int64, …)`, `sparse_tensor(…)`; and `opaque("…")`, the bytes in hexadecimal, for what has no form there.
final class TypeText {
    private static final Map<String, DataType> ELEMENT_TYPES =
            Arrays.stream(DataType.values()).collect(Collectors.toMap(DataType::text, Function.identity()));

    private static final Set<String> CONSTRUCTORS = Set.of("seq", "optional", "map", "sparse_tensor", "opaque");

    private static final int MAX_DEPTH = 32;

    private TypeText() {}

    /// Whether an identifier begins a type and must be quoted to be a name.
    static boolean isReserved(String identifier) {
        return ELEMENT_TYPES.containsKey(identifier) || CONSTRUCTORS.contains(identifier);
    }

    static boolean at(TextScanner in) {
        return isReserved(in.peekIdentifier());
    }

    // ---- printing

    static String print(ValueType type) {
        return switch (type) {
            case ValueType.TensorType tensor -> print(tensor);
            case ValueType.OpaqueType(Bytes encoded) -> {
                TypeProto proto =
                        Metadata.restore(TypeProto.newBuilder(), encoded).build();
                yield print(proto)
                        .filter(text -> Types.decode(parseProto(new TextScanner(text), 0))
                                .equals(type))
                        .orElse("opaque(\"" + encoded + "\")");
            }
        };
    }

    private static String print(ValueType.TensorType tensor) {
        return tensor.elementType().text() + tensor.shape().map(TypeText::print).orElse("[]");
    }

    private static String print(Shape shape) {
        return shape.rank() == 0
                ? ""
                : shape.dimensions().stream().map(TypeText::print).collect(Collectors.joining(",", "[", "]"));
    }

    private static String print(Dimension dimension) {
        return switch (dimension) {
            case Dimension.Known(long size) -> Long.toString(size);
            case Dimension.Symbolic(String name) -> OnnxText.name(name);
            case Dimension.Unknown() -> "?";
        };
    }

    private static Optional<String> print(TypeProto proto) {
        return switch (proto.getValueCase()) {
            case TENSOR_TYPE ->
                Types.decode(proto) instanceof ValueType.TensorType tensor
                        ? Optional.of(print(tensor))
                        : Optional.empty();
            case SEQUENCE_TYPE -> print(proto.getSequenceType().getElemType()).map("seq(%s)"::formatted);
            case OPTIONAL_TYPE -> print(proto.getOptionalType().getElemType()).map("optional(%s)"::formatted);
            case MAP_TYPE -> {
                TypeProto.Map map = proto.getMapType();
                Optional<String> key = DataType.ofNumber(map.getKeyType()).map(DataType::text);
                yield key.flatMap(text -> print(map.getValueType()).map(value -> "map(" + text + ", " + value + ")"));
            }
            case SPARSE_TENSOR_TYPE -> {
                TypeProto.SparseTensor sparse = proto.getSparseTensorType();
                TypeProto.Tensor.Builder dense = TypeProto.Tensor.newBuilder().setElemType(sparse.getElemType());
                if (sparse.hasShape()) {
                    dense.setShape(sparse.getShape());
                }
                yield print(TypeProto.newBuilder().setTensorType(dense).build()).map("sparse_tensor(%s)"::formatted);
            }
            case OPAQUE_TYPE, VALUE_NOT_SET -> Optional.empty();
        };
    }

    // ---- parsing

    static ValueType parse(TextScanner in) {
        if (in.peekIdentifier().equals("opaque")) {
            in.identifier();
            in.expect("(");
            Bytes encoded = TensorText.hex(in, in.quoted().text());
            in.expect(")");
            return new ValueType.OpaqueType(encoded);
        }
        return Types.decode(parseProto(in, 0));
    }

    private static TypeProto parseProto(TextScanner in, int depth) {
        if (depth > MAX_DEPTH) {
            throw in.error("types are nested more than %d deep".formatted(MAX_DEPTH));
        }
        String word = in.peekIdentifier();
        if (!CONSTRUCTORS.contains(word) || word.equals("opaque")) {
            return Types.encode(parseTensor(in));
        }
        in.identifier();
        in.expect("(");
        TypeProto type = switch (word) {
            case "seq" ->
                TypeProto.newBuilder()
                        .setSequenceType(TypeProto.Sequence.newBuilder().setElemType(parseProto(in, depth + 1)))
                        .build();
            case "optional" ->
                TypeProto.newBuilder()
                        .setOptionalType(TypeProto.Optional.newBuilder().setElemType(parseProto(in, depth + 1)))
                        .build();
            case "map" -> parseMap(in, depth);
            default -> parseSparse(in);
        };
        in.expect(")");
        return type;
    }

    private static TypeProto parseMap(TextScanner in, int depth) {
        TypeProto.Map.Builder map =
                TypeProto.Map.newBuilder().setKeyType(parseElementType(in).number());
        in.expect(",");
        return TypeProto.newBuilder()
                .setMapType(map.setValueType(parseProto(in, depth + 1)))
                .build();
    }

    private static TypeProto parseSparse(TextScanner in) {
        TypeProto.Tensor dense = Types.encode(parseTensor(in)).getTensorType();
        TypeProto.SparseTensor.Builder sparse =
                TypeProto.SparseTensor.newBuilder().setElemType(dense.getElemType());
        if (dense.hasShape()) {
            sparse.setShape(dense.getShape());
        }
        return TypeProto.newBuilder().setSparseTensorType(sparse).build();
    }

    static ValueType.TensorType parseTensor(TextScanner in) {
        DataType elementType = parseElementType(in);
        if (!in.accept("[")) {
            return new ValueType.TensorType(elementType, Optional.of(Shape.of()));
        }
        if (in.accept("]")) {
            return new ValueType.TensorType(elementType, Optional.empty());
        }
        List<Dimension> dimensions = new ArrayList<>();
        do {
            dimensions.add(parseDimension(in));
        } while (in.accept(","));
        in.expect("]");
        return new ValueType.TensorType(elementType, Optional.of(new Shape(dimensions)));
    }

    private static DataType parseElementType(TextScanner in) {
        DataType type = ELEMENT_TYPES.get(in.peekIdentifier());
        if (type == null) {
            throw in.error("expected a type, found '" + in.peekIdentifier() + "'");
        }
        in.identifier();
        return type;
    }

    private static Dimension parseDimension(TextScanner in) {
        if (in.accept("?")) {
            return new Dimension.Unknown();
        }
        if (in.atName()) {
            return new Dimension.Symbolic(in.name());
        }
        long size = TensorText.integer(in);
        if (size < 0) {
            throw in.error("a dimension is negative");
        }
        return new Dimension.Known(size);
    }
}
