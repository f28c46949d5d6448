package ai.vernier.bench.fuzz;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Dimension;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/// Something to feed a model with, as it declares its inputs.
final class Feeds {
    private static final double MAX_ELEMENTS = 1 << 20;

    private Feeds() {}

    /// Empty where an input is no numeric tensor or too large to be made.
    static Optional<Map<String, TensorData>> of(Model model, Random random) {
        Map<String, TensorData> feeds = new LinkedHashMap<>();
        for (Value input : model.graph().requiredInputs()) {
            Optional<DataType> type = input.elementType().filter(each -> each != DataType.STRING);
            long[] dims = dims(input.shape().orElse(Shape.of(2, 3)), random);
            double elements = 1;
            for (long dim : dims) {
                elements *= Math.max(1, dim); // 2⁶⁰ × 0 elements are none, but no shape to make either
            }
            if (type.isEmpty() || elements > MAX_ELEMENTS) {
                return Optional.empty();
            }
            feeds.put(input.name(), tensor(type.get(), dims, random));
        }
        return Optional.of(feeds);
    }

    /// Other values in the same shapes.
    static Map<String, TensorData> redrawn(Map<String, TensorData> feeds, Random random) {
        Map<String, TensorData> others = new LinkedHashMap<>();
        feeds.forEach((name, tensor) -> others.put(name, tensor(tensor.dataType(), tensor.dims(), random)));
        return others;
    }

    private static long[] dims(Shape shape, Random random) {
        return shape.dimensions().stream()
                .mapToLong(dimension -> dimension instanceof Dimension.Known(long size) ? size : 1 + random.nextInt(4))
                .toArray();
    }

    /// Floats around 0, small integers, and now and then an extreme one.
    private static TensorData tensor(DataType type, long[] dims, Random random) {
        long elements = TensorData.elementCount(dims);
        byte[] bytes = new byte[Math.toIntExact(type.sizeBytes(elements))];
        MemorySegment segment = MemorySegment.ofArray(bytes);
        boolean extreme = random.nextInt(8) == 0;
        if (type == DataType.FLOAT || type == DataType.DOUBLE) {
            for (int i = 0; i < elements; i++) {
                double value = extreme ? Double.longBitsToDouble(random.nextLong()) : random.nextGaussian();
                if (type == DataType.FLOAT) {
                    segment.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i, (float) value);
                } else {
                    segment.setAtIndex(ValueLayout.JAVA_DOUBLE_UNALIGNED, i, value);
                }
            }
        } else {
            int width = Math.max(1, type.bits() / 8);
            for (int i = 0; i < bytes.length; i += extreme ? 1 : width) {
                bytes[i] = (byte) (extreme ? random.nextInt() : random.nextInt(type == DataType.BOOL ? 2 : 5));
            }
        }
        return TensorData.ofBytes(type, segment, dims);
    }
}
