package ai.vernier.export;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.rewrite.NameSupply;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.Granularity;
import ai.vernier.quant.Quantizer;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The initializers of a QDQ graph: codes in the place of quantized weights and biases, then scales and zero points.
/// Tensors of equal encoding share scale and zero point, and weights of equal codes and encoding share their codes.
final class QdqConstants {
    private final Map<String, Encoding> encodings;
    private final NameSupply names;
    private final Map<String, TensorData> initializers = new LinkedHashMap<>();
    private final Map<String, String> codeNames = new HashMap<>();
    private final Map<String, Grid> gridNames = new HashMap<>();
    private final Map<Codes, String> sharedCodes = new HashMap<>();
    private final Map<GridKey, Grid> sharedGrids = new HashMap<>();
    private final Map<GridKey, Bounds> sharedBounds = new HashMap<>();

    /// Names of the initializers that hold scale and zero point; the zero point is empty for int32 codes, where ONNX
    /// takes it for 0.
    record Grid(String scale, String zeroPoint) {}

    /// Names of the initializers that hold the lowest and the highest real of a grid.
    record Bounds(String min, String max) {}

    private record GridKey(Encoding encoding, List<Long> dims) {}

    private record Codes(Encoding encoding, TensorData codes) {}

    QdqConstants(Graph graph, Map<String, Encoding> encodings, NameSupply names) {
        this.encodings = encodings;
        this.names = names;
        graph.initializers().forEach(this::addInitializer);
    }

    private void addInitializer(String tensor, TensorData value) {
        Encoding encoding = encodings.get(tensor);
        if (encoding == null) {
            initializers.put(tensor, value);
            return;
        }
        Codes codes = new Codes(encoding, codes(value, encoding));
        codeNames.put(tensor, sharedCodes.computeIfAbsent(codes, _ -> add(tensor + "_quantized", codes.codes())));
        gridNames.put(tensor, grid(tensor, encoding, scaleDims(value.dims(), encoding.granularity())));
    }

    private static TensorData codes(TensorData value, Encoding encoding) {
        TensorData codes = Quantizer.ONNX.quantize(value, encoding);
        DataType stored = Storage.of(encoding).type();
        return codes.dataType() == stored ? codes : TensorData.ofIntegers(stored, codes.toLongs(), codes.dims());
    }

    private static long[] scaleDims(long[] dims, Granularity granularity) {
        return switch (granularity) {
            case Granularity.PerTensor() -> new long[0];
            case Granularity.PerChannel(int axis) -> new long[] {dims[axis]};
            case Granularity.PerGroup(int axis, int size) -> {
                long[] blocks = dims.clone();
                blocks[axis] = Math.ceilDiv(dims[axis], (long) size);
                yield blocks;
            }
        };
    }

    /// Whether `tensor` is an initializer that is stored as codes.
    boolean isQuantized(String tensor) {
        return codeNames.containsKey(tensor);
    }

    /// The initializer with the codes of `tensor`, for which [#isQuantized(String)] holds.
    String codes(String tensor) {
        return required(codeNames, tensor);
    }

    Encoding encoding(String tensor) {
        return required(encodings, tensor);
    }

    /// Scale and zero point of `tensor`; those of an activation are added here.
    Grid grid(String tensor) {
        if (!gridNames.containsKey(tensor)) {
            Encoding encoding = encoding(tensor);
            gridNames.put(tensor, grid(tensor, encoding, activationDims(encoding)));
        }
        return required(gridNames, tensor);
    }

    private static long[] activationDims(Encoding encoding) {
        return encoding.granularity() instanceof Granularity.PerTensor ? new long[0] : new long[] {encoding.granules()};
    }

    private Grid grid(String tensor, Encoding encoding, long[] dims) {
        return sharedGrids.computeIfAbsent(key(encoding, dims), _ -> {
            String scale = add(tensor + "_scale", TensorData.ofFloats(encoding.scales(), dims));
            DataType type = Storage.of(encoding).type();
            return type == DataType.INT32
                    ? new Grid(scale, "")
                    : new Grid(
                            scale,
                            add(tensor + "_zero_point", TensorData.ofIntegers(type, encoding.zeroPoints(), dims)));
        });
    }

    /// The lowest and highest real of a grid per tensor, as the float32 products that dequantization makes.
    Bounds bounds(String tensor, Encoding encoding) {
        return sharedBounds.computeIfAbsent(key(encoding, new long[0]), _ -> {
            float min = Quantizer.ONNX.dequantize(encoding.minCode(), encoding, 0);
            float max = Quantizer.ONNX.dequantize(encoding.maxCode(), encoding, 0);
            return new Bounds(
                    add(tensor + "_min", TensorData.ofFloats(new float[] {min})),
                    add(tensor + "_max", TensorData.ofFloats(new float[] {max})));
        });
    }

    private static GridKey key(Encoding encoding, long[] dims) {
        return new GridKey(encoding, Arrays.stream(dims).boxed().toList());
    }

    private String add(String wanted, TensorData value) {
        String name = names.fresh(wanted);
        initializers.put(name, value);
        return name;
    }

    private static <T> T required(Map<String, T> map, String tensor) {
        T found = map.get(tensor);
        if (found == null) {
            throw new IllegalArgumentException("'" + tensor + "' has no grid");
        }
        return found;
    }

    Map<String, TensorData> initializers() {
        return Collections.unmodifiableMap(initializers);
    }
}
