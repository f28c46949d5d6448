package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.engine.tensor.SmallFloat;
import ai.vernier.onnx.DataType;
import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Conversion between real numbers and grids of integers or small floats; parameters per tensor, per axis
/// or per block along an axis.
///
///     q = saturate(roundHalfEven(x / scale) + zeroPoint)        x = (q − zeroPoint) · scale
final class QuantizeOps {
    private QuantizeOps() {}

    static void register(OpTable ops) {
        ops.bind("QuantizeLinear", 10, QuantizeOps::quantize);
        ops.bind("DequantizeLinear", 10, QuantizeOps::dequantize);
        ops.addMany("DynamicQuantizeLinear", 11, (_, in) -> quantizeDynamically(in.at(0)));
    }

    static BoundOp quantize(NodeView node) {
        DataType type = gridType(node);
        Layout layout = Layout.of(node);
        Optional<SmallFloat> small = SmallFloat.of(type);
        if (small.isPresent()) {
            boolean saturate = node.flag("saturate", true);
            return in -> {
                Tensor x = in.at(0);
                Tensor q = x.div(layout.along(in.at(1), x));
                Tensor shifted = in.has(2) ? q.add(layout.along(in.at(2), x)) : q;
                return new Tensor[] {small.get().round(shifted, saturate)};
            };
        }
        ScalarType carrier = HostTransfer.carrier(type);
        ScalarOptional low = new ScalarOptional(new Scalar(NarrowIntegers.lowest(type)));
        ScalarOptional high = new ScalarOptional(new Scalar(NarrowIntegers.highest(type)));
        low.retainReference();
        high.retainReference();
        return in -> {
            Tensor x = in.at(0);
            Tensor q = wide(x.div(layout.along(in.at(1), x)));
            q.round_();
            if (in.has(2)) {
                q.add_(layout.along(in.at(2), x));
            }
            q.clamp_(low, high);
            return new Tensor[] {q.to(carrier)};
        };
    }

    /// Half-width floats do not hold every zero point.
    private static Tensor wide(Tensor x) {
        return x.element_size() < Float.BYTES ? x.to(ScalarType.Float) : x;
    }

    private static DataType gridType(NodeView node) {
        Optional<DataType> stated = DataType.ofNumber((int) node.integer("output_dtype", 0));
        Optional<DataType> type = stated.or(() -> node.inputType(2));
        if (type.isEmpty() && node.node().input(2).isPresent()) {
            throw node.unsupported("with a zero point of unknown type");
        }
        DataType result = type.orElse(DataType.UINT8);
        boolean known = result.isInteger()
                ? result.bits() <= Short.SIZE
                : SmallFloat.of(result).isPresent();
        if (!known) {
            throw node.unsupported("to " + result.text());
        }
        return result;
    }

    static BoundOp dequantize(NodeView node) {
        Layout layout = Layout.of(node);
        Optional<ScalarType> stated =
                DataType.ofNumber((int) node.integer("output_dtype", 0)).map(HostTransfer::carrier);
        return in -> {
            Tensor q = centred(in, layout);
            Tensor scale = layout.along(in.at(1), q);
            ScalarType type = stated.orElse(scale.scalar_type());
            Tensor wide = wide(scale);
            return new Tensor[] {torch.mul(q.to(wide.scalar_type()), wide).to(type)};
        };
    }

    /// q − zeroPoint. Zero points of small floats are zero by definition.
    private static Tensor centred(Inputs in, Layout layout) {
        if (in.at(0).is_floating_point()) {
            return in.at(0);
        }
        Tensor q = in.at(0).to(ScalarType.Int);
        return in.has(2) ? q.sub(layout.along(in.at(2), q).to(ScalarType.Int)) : q;
    }

    /// uint8 over the range of the data and zero: scale = (max − min) / 255, zeroPoint = −min / scale.
    private static Tensor[] quantizeDynamically(Tensor x) {
        Scalar zero = new Scalar(0.0);
        Tensor low = torch.min(x).clamp_max(zero);
        Tensor high = torch.max(x).clamp_min(zero);
        Tensor width = high.sub(low).div(new Scalar(255.0));
        Tensor scale = torch.where(width.eq(zero), torch.ones_like(width), width);
        Tensor zeroPoint = NarrowIntegers.saturated(torch.round(low.neg().div(scale)), DataType.UINT8);
        Tensor q = torch.round(x.div(scale)).add(zeroPoint);
        return new Tensor[] {NarrowIntegers.saturated(q, DataType.UINT8), scale, zeroPoint};
    }

    /// How parameters are spread over a tensor.
    ///
    /// @param block elements along `axis` that share a parameter; 0 where a parameter has no block axis
    private record Layout(long axis, long block) {
        static Layout of(NodeView node) {
            return new Layout(node.integer("axis", 1), node.integer("block_size", 0));
        }

        /// `parameter` in a shape that broadcasts over `like`.
        Tensor along(Tensor parameter, Tensor like) {
            if (parameter.numel() == 1) {
                return parameter.reshape(new long[0]);
            }
            int along = (int) (axis < 0 ? axis + like.dim() : axis);
            if (block > 0) {
                Tensor repeated =
                        torch.repeat_interleave(parameter, block, new LongOptional(along), new LongOptional());
                return repeated.narrow(along, 0, like.size(along));
            }
            long[] shape = new long[(int) like.dim()];
            Arrays.fill(shape, 1);
            shape[along] = parameter.numel();
            return parameter.reshape(shape);
        }
    }
}
