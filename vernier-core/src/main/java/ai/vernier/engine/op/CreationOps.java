package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Operators that make tensors out of attributes and shapes.
final class CreationOps {
    private CreationOps() {}

    static void register(OpTable ops) {
        ops.add("Constant", 1, (node, _) -> HostTransfer.toTensor(constant(node)));
        ops.add("ConstantOfShape", 9, (node, in) -> constantOfShape(node, in.longs(0)));
        ops.add("Range", 11, (_, in) -> range(in));
        ops.add("EyeLike", 9, (node, in) -> eyeLike(node, in.at(0)));
        ops.add("OneHot", 9, (node, in) -> oneHot(node, in));
    }

    /// The value of a Constant node, whichever attribute holds it.
    static TensorData constant(NodeView node) {
        for (Attribute attribute : node.node().attributes().values()) {
            switch (attribute) {
                case Attribute.TensorValue(TensorData value) -> {
                    return value;
                }
                case Attribute.FloatValue(float value) -> {
                    return TensorData.ofFloats(new float[] {value});
                }
                case Attribute.IntValue(long value) -> {
                    return TensorData.ofLongs(new long[] {value});
                }
                case Attribute.IntsValue(List<Long> values) -> {
                    long[] longs = values.stream().mapToLong(Long::longValue).toArray();
                    return TensorData.ofLongs(longs, longs.length);
                }
                case Attribute.FloatsValue(List<Float> values) -> {
                    float[] floats = new float[values.size()];
                    for (int i = 0; i < floats.length; i++) {
                        floats[i] = values.get(i);
                    }
                    return TensorData.ofFloats(floats, floats.length);
                }
                default -> {}
            }
        }
        throw node.unsupported("without a dense numeric value");
    }

    private static Tensor constantOfShape(NodeView node, long[] dims) {
        TensorData value = node.tensor("value").orElse(TensorData.ofFloats(new float[] {0}, 1));
        return HostTransfer.toTensor(value).reshape(new long[0]).expand(dims).clone();
    }

    /// `start + i·delta` for `i` in 0 … ⌈(limit − start)/delta⌉ − 1.
    ///
    /// Short floats are counted in float32: they cannot count beyond 2048, and LibTorch's own count of more than
    /// 16 million of them writes one element behind the tensor.
    private static Tensor range(Inputs in) {
        ScalarType type = in.at(0).scalar_type();
        if (!in.at(0).is_floating_point()) {
            long start = in.scalar(0);
            long delta = in.scalar(2);
            long count = Math.max(0, Math.ceilDiv(in.scalar(1) - start, delta));
            long[] values = new long[Math.toIntExact(count)];
            for (int i = 0; i < values.length; i++) {
                values[i] = start + i * delta;
            }
            return HostTransfer.ofLongs(values, count).to(type);
        }
        double start = in.at(0).item().toDouble();
        double delta = in.at(2).item().toDouble();
        double count = Math.max(0, Math.ceil((in.at(1).item().toDouble() - start) / delta));
        ScalarType steps = type.intern() == ScalarType.Double ? ScalarType.Double : ScalarType.Float;
        return torch.arange(new Scalar(count), new TensorOptions(steps))
                .mul(new Scalar(delta))
                .add(new Scalar(start))
                .to(type);
    }

    private static Tensor eyeLike(NodeView node, Tensor like) {
        ScalarType type = DataType.ofNumber((int) node.integer("dtype", 0))
                .map(HostTransfer::carrier)
                .orElse(like.scalar_type());
        long offset = node.integer("k", 0);
        Tensor ones = torch.ones(HostTransfer.sizes(like), new TensorOptions(type));
        return torch.triu(torch.tril(ones, offset), offset);
    }

    /// Indices outside −depth … depth−1 give a row of off values.
    private static Tensor oneHot(NodeView node, Inputs in) {
        long depth = in.at(1).is_floating_point() ? (long) in.at(1).item().toDouble() : in.scalar(1);
        Tensor indices = in.at(0).to(ScalarType.Long);
        Tensor wrapped = torch.where(indices.lt(new Scalar(0L)), indices.add(new Scalar(depth)), indices);
        long axis = node.integer("axis", -1);
        long position = axis < 0 ? axis + indices.dim() + 1 : axis;
        long[] shape = new long[(int) indices.dim() + 1];
        Arrays.fill(shape, 1);
        shape[(int) position] = depth;
        Tensor classes = torch.arange(new Scalar(depth)).reshape(shape);
        Tensor hot = torch.eq(wrapped.unsqueeze(position), classes);
        return torch.where(hot, in.at(2).select(0, 1), in.at(2).select(0, 0));
    }
}
