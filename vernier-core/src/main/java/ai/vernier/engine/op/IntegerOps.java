package ai.vernier.engine.op;

import ai.vernier.onnx.DataType;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// Products of integer matrices and integer convolutions.
///
/// They are computed in double: operands after subtraction of the zero point are at most 2^17, products 2^34, so that
/// sums of up to 2^19 of them are exact integers below 2^53.
///
///     accumulator = Σ (a − aZero)(b − bZero)
///     q = saturate(roundHalfEven(accumulator · aScale · bScale / scale) + zero)
final class IntegerOps {
    private IntegerOps() {}

    static void register(OpTable ops) {
        ops.add("MatMulInteger", 10, (_, in) -> {
            Tensor a = in.has(2) ? centred(in.at(0), rows(in.at(2), in.at(0))) : real(in.at(0));
            Tensor b = in.has(3) ? centred(in.at(1), columns(in.at(3))) : real(in.at(1));
            return torch.matmul(a, b).to(ScalarType.Int);
        });
        ops.bind("QLinearMatMul", 10, IntegerOps::quantizedProduct);
        ops.bind("ConvInteger", 10, node -> {
            BoundOp convolution = convolution(node);
            return in -> {
                Tensor x = in.has(2) ? centred(in.at(0), in.at(2)) : real(in.at(0));
                Tensor w = in.has(3) ? centred(in.at(1), filters(in.at(3), in.at(1))) : real(in.at(1));
                return new Tensor[] {convolve(convolution, x, w, null).to(ScalarType.Int)};
            };
        });
        ops.bind("QLinearConv", 10, IntegerOps::quantizedConvolution);
    }

    private static BoundOp quantizedProduct(NodeView node) {
        DataType type = node.inputType(7).orElseThrow(() -> node.unsupported("with a zero point of unknown type"));
        return in -> {
            Tensor a = centred(in.at(0), rows(in.at(2), in.at(0)));
            Tensor b = centred(in.at(3), columns(in.at(5)));
            Tensor scale = torch.mul(real(rows(in.at(1), in.at(0))), real(columns(in.at(4))));
            return new Tensor[] {requantized(torch.matmul(a, b), scale.div(real(in.at(6))), in.at(7), type)};
        };
    }

    private static BoundOp quantizedConvolution(NodeView node) {
        DataType type = node.inputType(7).orElseThrow(() -> node.unsupported("with a zero point of unknown type"));
        BoundOp convolution = convolution(node);
        return in -> {
            Tensor x = centred(in.at(0), in.at(2));
            Tensor w = centred(in.at(3), filters(in.at(5), in.at(3)));
            Tensor bias = in.has(8) ? in.at(8).to(ScalarType.Double) : null;
            Tensor scale = real(in.at(1)).mul(real(in.at(4))).div(real(in.at(6)));
            Tensor sum = convolve(convolution, x, w, bias);
            return new Tensor[] {requantized(sum, channels(scale, sum), in.at(7), type)};
        };
    }

    private static BoundOp convolution(NodeView node) {
        return ConvolutionOp.bind(node.withoutConstants(), null, new Activation.None());
    }

    private static Tensor convolve(BoundOp convolution, Tensor x, Tensor w, @Nullable Tensor bias) {
        return convolution.run(new Inputs(new @Nullable Tensor[] {x, w, bias}, new long[3][], null))[0];
    }

    private static Tensor requantized(Tensor sum, Tensor scale, Tensor zeroPoint, DataType type) {
        Tensor q = torch.round(sum.to(ScalarType.Float).mul(scale.to(ScalarType.Float)));
        return NarrowIntegers.saturated(q.add(zeroPoint), type);
    }

    private static Tensor centred(Tensor q, Tensor zeroPoint) {
        return real(q).sub(real(zeroPoint));
    }

    private static Tensor real(Tensor x) {
        return x.to(ScalarType.Double);
    }

    /// A parameter per row of the left matrix as a column, so that it broadcasts.
    private static Tensor rows(Tensor parameter, Tensor matrix) {
        boolean perRow = parameter.dim() == 1 && parameter.numel() > 1 && matrix.dim() > 1;
        return perRow ? parameter.unsqueeze(1) : columns(parameter);
    }

    private static Tensor columns(Tensor parameter) {
        return parameter.numel() == 1 ? parameter.reshape(new long[0]) : parameter;
    }

    /// A parameter per filter, along the first axis of the weights.
    private static Tensor filters(Tensor parameter, Tensor weights) {
        if (parameter.numel() == 1) {
            return columns(parameter);
        }
        long[] shape = Window.filled((int) weights.dim(), 1);
        shape[0] = parameter.numel();
        return parameter.reshape(shape);
    }

    /// A parameter per filter, along the second axis of the result.
    private static Tensor channels(Tensor parameter, Tensor result) {
        long[] shape = Window.filled((int) result.dim(), 1);
        shape[1] = parameter.numel();
        return parameter.reshape(shape);
    }
}
