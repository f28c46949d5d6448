package ai.vernier.export;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.Granularity;
import ai.vernier.quant.IntegerFormat;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// Reads grids from the scales, zero points and attributes of QuantizeLinear and DequantizeLinear nodes.
final class QdqGrids {
    private final Map<String, TensorData> constants = new HashMap<>();
    private final Map<String, String> metadata;

    QdqGrids(Model model) {
        this.metadata = model.details().metadata();
        this.constants.putAll(model.graph().initializers());
        for (Node node : model.graph().nodes()) {
            boolean constant = node.opType().equals("Constant") && node.domain().isEmpty();
            if (constant && node.attributes().get("value") instanceof Attribute.TensorValue(TensorData value)) {
                constants.put(node.outputs().getFirst(), value);
            }
        }
    }

    /// The value of an initializer or of a Constant node.
    Optional<TensorData> constant(String name) {
        return Optional.ofNullable(constants.get(name));
    }

    /// Whether the file notes that `tensor` uses fewer codes than its element type has.
    boolean isNarrow(String tensor) {
        return metadata.containsKey(GridNote.key(tensor));
    }

    Encoding ofQuantize(Node quantize, String tensor) {
        return encoding(quantize, tensor, quantizedType(quantize), -1);
    }

    Encoding ofDequantize(Node dequantize, String tensor, TensorData codes) {
        return encoding(dequantize, tensor, codes.dataType(), codes.rank());
    }

    /// Whether a DequantizeLinear undoes the QuantizeLinear whose codes it reads.
    boolean haveSameGrid(Node quantize, Node dequantize) {
        DataType type = quantizedType(quantize);
        return scale(quantize).equals(scale(dequantize))
                && zeroPoint(quantize, type).equals(zeroPoint(dequantize, type))
                && quantize.intAttribute("axis", 1) == dequantize.intAttribute("axis", 1)
                && quantize.intAttribute("block_size", 0) == dequantize.intAttribute("block_size", 0);
    }

    /// Without a zero point the type is `output_dtype`, and uint8 without that.
    private DataType quantizedType(Node quantize) {
        return quantize.input(2)
                .flatMap(this::constant)
                .map(TensorData::dataType)
                .orElseGet(() -> DataType.ofNumber((int) quantize.intAttribute("output_dtype", 0))
                        .orElse(DataType.UINT8));
    }

    private Encoding encoding(Node node, String tensor, DataType type, int rank) {
        if (!type.isInteger() || type.bits() > 32 || (type == DataType.UINT32)) {
            throw refusal(node, "codes of type " + type.text());
        }
        TensorData scale = scale(node);
        GridNote note = Optional.ofNullable(metadata.get(GridNote.key(tensor)))
                .map(text -> GridNote.parse(tensor, text))
                .orElseGet(() -> whole(Storage.format(type)));
        Encoding.Grid grid =
                new Encoding.Grid(note.format(), granularity(node, scale, rank), note.minCode(), note.maxCode());
        TensorData zeroPoint = zeroPoint(node, type);
        if (!zeroPoint.dataType().isInteger()) {
            throw refusal(node, "a zero point of type " + zeroPoint.dataType().text());
        }
        try {
            return grid.with(scale.toFloats(), zeroPoint.toLongs());
        } catch (IllegalArgumentException e) {
            throw new InvalidInputException("%s has no grid: %s".formatted(node.label(), e.getMessage()), e);
        }
    }

    private static GridNote whole(IntegerFormat format) {
        return new GridNote(format, format.min(), format.max());
    }

    /// A single scale without an `axis` counts for the whole tensor, also where it has one dimension.
    private static Granularity granularity(Node node, TensorData scale, int rank) {
        boolean perTensor = scale.rank() == 0
                || (scale.elementCount() == 1 && !node.attributes().containsKey("axis"));
        if (perTensor) {
            return new Granularity.PerTensor();
        }
        long stated = node.intAttribute("axis", 1);
        if (stated < 0 && rank < 0) {
            throw refusal(node, "axis %d of an activation of unknown rank".formatted(stated));
        }
        int axis = (int) (stated < 0 ? stated + rank : stated);
        long blockSize = node.intAttribute("block_size", 0);
        return blockSize == 0
                ? new Granularity.PerChannel(axis)
                : new Granularity.PerGroup(axis, Math.toIntExact(blockSize));
    }

    private TensorData scale(Node node) {
        TensorData scale =
                node.input(1).flatMap(this::constant).orElseThrow(() -> refusal(node, "a scale that is computed"));
        if (scale.dataType() != DataType.FLOAT) {
            throw refusal(node, "a scale of type " + scale.dataType().text());
        }
        return scale;
    }

    private TensorData zeroPoint(Node node, DataType type) {
        TensorData scale = scale(node);
        if (node.input(2).isEmpty()) {
            long[] zeros = new long[Math.toIntExact(scale.elementCount())];
            return TensorData.ofIntegers(type, zeros, scale.dims());
        }
        return constant(node.inputs().get(2)).orElseThrow(() -> refusal(node, "a zero point that is computed"));
    }

    private static UnsupportedModelException refusal(Node node, String found) {
        return new UnsupportedModelException(
                "%s has %s; only constant float scales with integer codes of up to 32 bits are read back"
                        .formatted(node.label(), found));
    }
}
