package ai.vernier.bench.opsets;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Another type, and perhaps an earlier opset, in which ONNX Runtime has a kernel and computes the same.
///
/// @param from the type that is replaced
/// @param to the type in its place
record Substitute(long opset, DataType from, DataType to) {
    /// Opset 22 brought nothing but bfloat16 to the operators that it changed, 24 nothing else to TopK.
    private static final long TYPES_ONLY = 22;

    static List<Substitute> candidates(Sketch sketch) {
        List<Substitute> candidates = new ArrayList<>();
        DataType own = own(sketch);
        List<Long> opsets = sketch.opset == TYPES_ONLY || (sketch.type.equals("TopK") && sketch.opset == 24)
                ? List.of(sketch.opset, sketch.opset - 1)
                : List.of(sketch.opset);
        for (long opset : opsets) {
            candidates.add(new Substitute(opset, own, own));
            for (DataType type : types(own)) {
                candidates.add(new Substitute(opset, own, type));
            }
        }
        return candidates;
    }

    private static DataType own(Sketch sketch) {
        return sketch.typeOf(sketch.type.equals("Where") ? 1 : 0);
    }

    private static List<DataType> types(DataType own) {
        return switch (own) {
            case DOUBLE, FLOAT16, BFLOAT16 -> List.of(DataType.FLOAT);
            case BOOL -> List.of(DataType.UINT8, DataType.INT32);
            case INT8, INT16, UINT8, UINT16, INT32 ->
                List.of(DataType.INT32, DataType.INT64, DataType.UINT32, DataType.UINT64, DataType.FLOAT);
            case UINT32 -> List.of(DataType.INT64, DataType.UINT64);
            default -> List.of();
        };
    }

    /// The outputs that ONNX Runtime gives in the replaced type have the original one.
    Map<String, DataType> outputTypes(Sketch sketch) {
        Map<String, DataType> types = new LinkedHashMap<>();
        Node node = sketch.node();
        for (String output : sketch.outputNames()) {
            boolean index = node.opType().startsWith("Arg") || !output.equals("y0");
            types.put(output, index ? indexType(node) : sketch.resultType(from));
        }
        return types;
    }

    private static DataType indexType(Node node) {
        return node.opType().equals("Dropout") ? DataType.BOOL : DataType.INT64;
    }

    Model model(Sketch sketch) {
        return JudgeModel.of(sketch, outputTypes(sketch), type -> type == from ? to : type)
                .withOpset("", opset);
    }
}
