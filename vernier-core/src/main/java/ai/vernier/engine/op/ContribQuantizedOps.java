package ai.vernier.engine.op;

import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// ONNX Runtime's operators on 8-bit tensors (domain com.microsoft), by their definition: dequantize,
/// compute in float, quantize. Every quantized tensor comes as three inputs: codes, scale, zero point.
final class ContribQuantizedOps {
    private static final String DOMAIN = "com.microsoft.";

    private ContribQuantizedOps() {}

    static void register(OpTable ops) {
        ops.bind(DOMAIN + "QuantizeLinear", 1, QuantizeOps::quantize);
        ops.bind(DOMAIN + "DequantizeLinear", 1, QuantizeOps::dequantize);
        ops.add(DOMAIN + "QLinearAdd", 1, (_, in) -> coded(real(in, 0).add(real(in, 3)), in, 6));
        ops.add(DOMAIN + "QLinearMul", 1, (_, in) -> coded(real(in, 0).mul(real(in, 3)), in, 6));
        ops.add(DOMAIN + "QLinearSigmoid", 1, (_, in) -> coded(torch.sigmoid(real(in, 0)), in, 3));
        ops.add(DOMAIN + "QLinearLeakyRelu", 1, (node, in) -> {
            Scalar slope = new Scalar(node.real("alpha", 0.01));
            return coded(torch.leaky_relu(real(in, 0), slope), in, 3);
        });
        ops.add(DOMAIN + "QLinearSoftmax", 1, ContribQuantizedOps::softmax);
        ops.add(DOMAIN + "QLinearConcat", 1, ContribQuantizedOps::concat);
        ops.bind(DOMAIN + "QLinearAveragePool", 1, ContribQuantizedOps::averagePool);
        ops.add(DOMAIN + "QLinearGlobalAveragePool", 1, (node, in) -> {
            boolean last = node.flag("channels_last", false);
            Tensor x = channelsFirst(real(in, 0), last);
            long[] spatial = LongStream.range(2, x.dim()).toArray();
            Tensor mean = torch.mean(x, spatial, true, new ScalarTypeOptional());
            return coded(last ? mean.movedim(1, -1) : mean, in, 3);
        });
        ops.add(DOMAIN + "QGemm", 1, ContribQuantizedOps::gemm);
        ops.add(DOMAIN + "MatMulIntegerToFloat", 1, ContribQuantizedOps::matMulToFloat);
        ops.add(DOMAIN + "DynamicQuantizeMatMul", 1, ContribQuantizedOps::dynamicMatMul);
    }

    /// The values of the quantized tensor whose codes are input `first`.
    private static Tensor real(Inputs in, int first) {
        return centred(in, first, first + 2).to(ScalarType.Float).mul(in.at(first + 1));
    }

    /// Codes less their zero point, as 32-bit integers.
    private static Tensor centred(Inputs in, int codes, int zeroPoint) {
        Tensor wide = in.at(codes).to(ScalarType.Int);
        return in.has(zeroPoint) ? wide.sub(in.at(zeroPoint).to(ScalarType.Int)) : wide;
    }

    /// The codes of `x` under the scale that is input `scale` and the zero point behind it, in the
    /// latter's type.
    private static Tensor coded(Tensor x, Inputs in, int scale) {
        ScalarType type =
                in.has(scale + 1) ? in.at(scale + 1).scalar_type() : in.at(0).scalar_type();
        Tensor codes = torch.round(x.div(in.at(scale)));
        Tensor shifted = in.has(scale + 1) ? codes.add(in.at(scale + 1).to(ScalarType.Float)) : codes;
        boolean signed = type.intern() == ScalarType.Char;
        double low = signed ? Byte.MIN_VALUE : 0;
        return torch.clamp(shifted, ActivationOps.some(low), ActivationOps.some(low + 255))
                .to(type);
    }

    private static Tensor softmax(NodeView node, Inputs in) {
        Tensor x = real(in, 0);
        long given = node.integer("axis", -1);
        return coded(
                node.integer("opset", 13) < 13 ? SoftmaxOps.onRows(x, given, torch::softmax) : torch.softmax(x, given),
                in,
                3);
    }

    /// Inputs: scale and zero point of the result, then the parts.
    private static Tensor concat(NodeView node, Inputs in) {
        TensorVector parts = new TensorVector();
        for (int first = 2; first < in.size(); first += 3) {
            parts.push_back(real(in, first));
        }
        return coded(torch.cat(parts, node.integer("axis", 0)), in, 0);
    }

    private static Tensor channelsFirst(Tensor x, boolean channelsLast) {
        return channelsLast ? x.movedim(-1, 1) : x;
    }

    private static BoundOp averagePool(NodeView node) {
        BoundOp pool = PoolOps.averagePool(node);
        boolean last = node.flag("channels_last", false);
        return in -> {
            Tensor x = channelsFirst(real(in, 0), last);
            Tensor y = pool.run(new Inputs(new Tensor[] {x}, new long[1][], null))[0];
            return new Tensor[] {coded(last ? y.movedim(1, -1) : y, in, 3)};
        };
    }

    /// Inputs: A, B, both quantized, C (int32, scaled by both), scale and zero point of the result;
    /// without these the result is float. Scale and zero point of B may be one for each column of the
    /// product. Products of 8-bit codes are exact in double.
    private static Tensor gemm(NodeView node, Inputs in) {
        Tensor a = centred(in, 0, 2).to(ScalarType.Double);
        Tensor codes = in.at(3).to(ScalarType.Int);
        Tensor columns = node.flag("transB", false) ? codes.t() : codes;
        Tensor b = columns.sub(in.at(5).to(ScalarType.Int)).to(ScalarType.Double);
        Tensor product = torch.matmul(node.flag("transA", false) ? a.t() : a, b);
        Tensor sum = in.has(6) ? product.add(in.at(6)) : product;
        Tensor scale = in.at(1).mul(in.at(4)).mul(new Scalar(node.real("alpha", 1)));
        Tensor y = sum.to(ScalarType.Float).mul(scale);
        return in.has(7) ? coded(y, in, 7) : y;
    }

    /// Inputs: A, B, their scales, their zero points, bias.
    private static Tensor matMulToFloat(NodeView node, Inputs in) {
        Tensor a = centred(in, 0, 4).to(ScalarType.Double);
        Tensor b = centred(in, 1, 5).to(ScalarType.Double);
        Tensor y = torch.matmul(a, b).to(ScalarType.Float).mul(in.at(2)).mul(in.at(3));
        return in.has(6) ? y.add(in.at(6)) : y;
    }

    /// Quantizes A to unsigned 8 bits over its own range, 0 included. Inputs: A, B, scale and zero point
    /// of B, bias.
    private static Tensor dynamicMatMul(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        Tensor low = torch.clamp_max(torch.min(x), new Scalar(0));
        Tensor high = torch.clamp_min(torch.max(x), new Scalar(0));
        Tensor range = high.sub(low);
        Tensor scale = torch.where(range.eq(new Scalar(0)), new Scalar(1), range.div(new Scalar(255)))
                .to(ScalarType.Float);
        Tensor zeroPoint =
                torch.round(torch.clamp(torch.neg(low.div(scale)), ActivationOps.some(0), ActivationOps.some(255)));
        Tensor codes =
                torch.clamp(torch.round(x.div(scale)).add(zeroPoint), ActivationOps.some(0), ActivationOps.some(255));
        Tensor b = centred(in, 1, 3).to(ScalarType.Double);
        Tensor product = torch.matmul(codes.sub(zeroPoint).to(ScalarType.Double), b);
        Tensor y = product.to(ScalarType.Float).mul(scale.mul(in.at(2)));
        return in.has(4) ? y.add(in.at(4)) : y;
    }
}
