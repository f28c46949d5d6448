package ai.vernier.analyze;

import ai.vernier.onnx.Attribute;
import java.util.Arrays;

/// Shapes behind operators that keep the shape of an input, or broadcast several.
final class PointwiseShapes {
    private PointwiseShapes() {}

    /// Infers the outputs of `node`; false where it is of another family.
    static boolean infer(NodeFacts node) {
        if (isBroadcast(node.type())) {
            long[] result = new long[0];
            for (int i = 0; i < node.node().inputs().size(); i++) {
                result = MovementShapes.broadcast(result, node.shape(i));
            }
            node.is(0, result);
        } else if (keepsShape(node.type()) || keepsShapeElsewhere(node.type())) {
            node.is(0, node.shape(0));
        } else {
            return others(node);
        }
        return true;
    }

    private static boolean others(NodeFacts node) {
        switch (node.type()) {
            case "Dropout" -> {
                node.is(0, node.shape(0));
                node.is(1, node.shape(0));
            }
            case "DynamicQuantizeLinear" -> {
                node.is(0, node.shape(0));
                node.is(1);
                node.is(2);
            }
            case "com.microsoft.SkipLayerNormalization", "com.microsoft.SkipSimplifiedLayerNormalization" -> {
                node.is(0, node.shape(0));
                node.is(3, node.shape(0));
            }
            case "com.microsoft.QLinearAdd", "com.microsoft.QLinearMul" ->
                node.is(0, MovementShapes.broadcast(node.shape(0), node.shape(3)));
            case "Constant" -> constant(node);
            case "RandomNormal", "RandomUniform" ->
                node.is(0, node.node().intsAttribute("shape").orElseThrow(Undetermined::new));
            default -> {
                return false;
            }
        }
        return true;
    }

    /// A Constant whose value is a number or a list; tensors are constants before any rule is asked.
    private static void constant(NodeFacts node) {
        for (Attribute value : node.node().attributes().values()) {
            switch (value) {
                case Attribute.IntsValue(var values) -> node.is(0, values.size());
                case Attribute.FloatsValue(var values) -> node.is(0, values.size());
                case Attribute.StringsValue(var values) -> node.is(0, values.size());
                case Attribute.IntValue _, Attribute.FloatValue _, Attribute.StringValue _ -> node.is(0);
                default -> {}
            }
        }
    }

    private static boolean isBroadcast(String type) {
        return switch (type) {
            case "Add", "Sub", "Mul", "Div", "Pow", "Mod", "Max", "Min", "Sum", "Mean", "Where", "PRelu" -> true;
            case "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Xor" -> true;
            case "BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "com.microsoft.BiasAdd" -> true;
            default -> false;
        };
    }

    private static boolean keepsShape(String type) {
        return switch (type) {
            case "Relu", "LeakyRelu", "Elu", "Selu", "Celu", "Clip", "Sigmoid", "HardSigmoid", "HardSwish", "Mish" ->
                true;
            case "Swish", "ThresholdedRelu", "Shrink", "Gelu", "Tanh", "Softplus", "Softsign", "Erf" -> true;
            case "Softmax", "LogSoftmax", "Hardmax", "Exp", "Log", "Sqrt", "Neg", "Abs", "Sign", "Reciprocal" -> true;
            case "Floor", "Ceil", "Round", "Not", "BitwiseNot", "IsNaN", "IsInf" -> true;
            case "Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh" -> true;
            case "BatchNormalization", "InstanceNormalization", "LayerNormalization", "GroupNormalization" -> true;
            case "RMSNormalization", "SimplifiedLayerNormalization", "LpNormalization", "LRN" -> true;
            case "MeanVarianceNormalization", "RotaryEmbedding" -> true;
            case "Identity", "Cast", "CastLike", "QuantizeLinear", "DequantizeLinear" -> true;
            default -> false;
        };
    }

    private static boolean keepsShapeElsewhere(String type) {
        return switch (type) {
            case "CumSum", "CumProd", "Trilu", "ReverseSequence", "EyeLike", "Bernoulli" -> true;
            case "RandomNormalLike", "RandomUniformLike", "TensorScatter" -> true;
            case "Scatter", "ScatterElements", "ScatterND" -> true;
            case "com.microsoft.Gelu", "com.microsoft.FastGelu", "com.microsoft.BiasGelu", "com.microsoft.QuickGelu" ->
                true;
            case "com.microsoft.QuantizeLinear",
                    "com.microsoft.DequantizeLinear",
                    "com.microsoft.RotaryEmbedding",
                    "com.microsoft.QLinearSigmoid",
                    "com.microsoft.QLinearLeakyRelu",
                    "com.microsoft.QLinearSoftmax" -> true;
            default -> false;
        };
    }

    /// Whether a node's result is its first input under another shape or name, which needs no memory.
    static boolean isView(String type) {
        return switch (type) {
            case "Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Dropout" -> true;
            default -> false;
        };
    }

    static long[] filled(int length, long value) {
        long[] values = new long[length];
        Arrays.fill(values, value);
        return values;
    }
}
