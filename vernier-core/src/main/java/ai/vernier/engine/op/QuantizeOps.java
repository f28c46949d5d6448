package ai.vernier.engine.op;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// QuantizeLinear and DequantizeLinear, per tensor or per axis.
///
///     q = saturate(roundHalfEven(x / scale) + zeroPoint)        x = (q − zeroPoint) · scale
final class QuantizeOps {
    private QuantizeOps() {}

    static void register(OpTable ops) {
        ops.bind("QuantizeLinear", 10, QuantizeOps::quantize);
        ops.bind("DequantizeLinear", 10, QuantizeOps::dequantize);
    }

    private static BoundOp quantize(NodeView node) {
        refuseBlocks(node);
        DataType type = targetType(node);
        ScalarType carrier = HostTransfer.carrier(type);
        long levels = 1L << type.bits();
        double low = type.isSigned() ? -levels / 2.0 : 0;
        ScalarOptional min = new ScalarOptional(new Scalar(low));
        ScalarOptional max = new ScalarOptional(new Scalar(low + levels - 1));
        min.retainReference();
        max.retainReference();
        long axis = node.integer("axis", 1);
        return in -> {
            Tensor x = in.at(0);
            Tensor q = x.div(along(in.at(1), x, axis));
            q.round_();
            if (in.has(2)) {
                q.add_(along(in.at(2), x, axis));
            }
            q.clamp_(min, max);
            return new Tensor[] {q.to(carrier)};
        };
    }

    private static DataType targetType(NodeView node) {
        Optional<DataType> stated = DataType.ofNumber((int) node.integer("output_dtype", 0));
        Optional<DataType> type = stated.or(() -> node.constant(2).map(TensorData::dataType));
        if (type.isEmpty() && node.node().input(2).isPresent()) {
            throw node.unsupported("with a zero point that is not constant");
        }
        DataType result = type.orElse(DataType.UINT8);
        if (!result.isInteger() || result.bits() > 16) {
            throw node.unsupported("to " + result.text());
        }
        return result;
    }

    private static BoundOp dequantize(NodeView node) {
        refuseBlocks(node);
        long axis = node.integer("axis", 1);
        return in -> {
            Tensor q = in.at(0).to(ScalarType.Int);
            Tensor centred = in.has(2) ? q.sub(along(in.at(2), q, axis).to(ScalarType.Int)) : q;
            Tensor scale = along(in.at(1), q, axis);
            return new Tensor[] {torch.mul(centred.to(scale.scalar_type()), scale)};
        };
    }

    private static void refuseBlocks(NodeView node) {
        if (node.integer("block_size", 0) != 0) {
            throw node.unsupported("in blocks");
        }
    }

    /// Per-axis parameters shaped so that they broadcast along `axis` of `like`.
    private static Tensor along(Tensor parameter, Tensor like, long axis) {
        if (parameter.numel() == 1) {
            return parameter.reshape(new long[0]);
        }
        long[] shape = new long[(int) like.dim()];
        Arrays.fill(shape, 1);
        shape[(int) (axis < 0 ? axis + like.dim() : axis)] = parameter.numel();
        return parameter.reshape(shape);
    }
}
