package ai.vernier.onnx.io;

import ai.vernier.onnx.Node;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/// Checks that nodes of the default domain have the inputs that no version of their operator can do
/// without, and an output ([operator schemas](https://onnx.ai/onnx/operators/)): everybody who rewrites or
/// runs a model relies on that.
final class ArityCheck {
    private static final Map<String, Integer> REQUIRED = required();

    /// Every input of these counts, none may be left out.
    private static final Set<String> VARIADIC = Set.of("Concat", "Einsum", "Max", "Mean", "Min", "Sum");

    private final Problems problems;

    ArityCheck(Problems problems) {
        this.problems = problems;
    }

    void check(Node node, String place) {
        if (!node.domain().isEmpty()) {
            return;
        }
        int required = VARIADIC.contains(node.opType())
                ? Math.max(1, node.inputs().size())
                : REQUIRED.getOrDefault(node.opType(), 0);
        int found = 0;
        while (found < required && node.input(found).isPresent()) {
            found++;
        }
        if (found < required) {
            problems.add(
                    place, "its input %d is missing; %s needs at least %d".formatted(found, node.opType(), required));
        }
        boolean isKnown = REQUIRED.containsKey(node.opType());
        if (isKnown && node.outputs().stream().allMatch(String::isEmpty)) {
            problems.add(place, "has no output");
        }
    }

    /// The fewest inputs over all opsets: axes, shapes and bounds were attributes once.
    private static Map<String, Integer> required() {
        Map<String, Integer> required = new HashMap<>();
        put(required, 1, """
                Abs Acos Acosh ArgMax ArgMin Asin Asinh Atan Atanh AveragePool Bernoulli BitwiseNot Cast Ceil Celu Clip
                Concat ConstantOfShape Cos Cosh DepthToSpace Det Dropout DynamicQuantizeLinear Einsum Elu Erf Exp
                EyeLike Flatten Floor Gelu GlobalAveragePool GlobalLpPool GlobalMaxPool HardSigmoid HardSwish Hardmax
                Identity IsInf IsNaN LRN LeakyRelu Log LogSoftmax LpNormalization LpPool Max MaxPool Mean
                MeanVarianceNormalization Min Mish Multinomial Neg NonZero Not Pad RandomNormalLike RandomUniformLike
                Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd
                ReduceSum ReduceSumSquare Relu Reshape Resize Round Selu Shape Shrink Sigmoid Sign Sin Sinh Size Slice
                Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sum Swish Tan Tanh ThresholdedRelu TopK
                Transpose Trilu Unique Unsqueeze Upsample
                """);
        put(required, 2, """
                Add And BitShift BitwiseAnd BitwiseOr BitwiseXor CastLike CenterCropPad Compress Conv ConvInteger
                ConvTranspose CumSum DequantizeLinear Div Equal Expand Gather GatherElements GatherND Gemm Greater
                GreaterOrEqual GridSample LayerNormalization Less LessOrEqual MatMul MatMulInteger MaxRoiPool MaxUnpool
                Mod Mul NonMaxSuppression Or PRelu Pow QuantizeLinear RMSNormalization ReverseSequence Sub Tile Xor
                """);
        put(required, 3, """
                Attention Col2Im GRU GroupNormalization InstanceNormalization LSTM OneHot RNN Range RoiAlign
                RotaryEmbedding Scatter ScatterElements ScatterND Where
                """);
        put(required, 5, "BatchNormalization");
        put(required, 8, "QLinearConv QLinearMatMul");
        put(required, 0, "Constant RandomNormal RandomUniform If Loop Scan");
        return Map.copyOf(required);
    }

    private static void put(Map<String, Integer> required, int inputs, String operators) {
        for (String operator : operators.strip().split("\\s+", -1)) {
            required.put(operator, inputs);
        }
    }
}
