package ai.vernier.bench.opsets;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;

/// One tensor in, one of the same shape out.
final class UnaryFamily {
    private static final String SINCE_IDENTITY = "7 13 14 16 19 21 23 24 25";

    private UnaryFamily() {}

    static void register(Operators operators) {
        for (String type : new String[] {"Ceil", "Floor", "Exp", "Sigmoid", "Tanh"}) {
            real(operators, type, "7 13", -4, 4, 13);
        }
        for (String type : new String[] {"Log", "Sqrt", "Reciprocal"}) {
            real(operators, type, "7 13", 0.01, 9, 13);
        }
        for (String type : new String[] {"Atan", "Cos", "Sin", "Tan", "Softplus", "Softsign"}) {
            real(operators, type, "7 22", -4, 4, 22);
        }
        real(operators, "Acos", "7 22", -1, 1, 22);
        real(operators, "Asin", "7 22", -1, 1, 22);
        real(operators, "Sinh", "9 22", -3, 3, 22);
        real(operators, "Cosh", "9 22", -3, 3, 22);
        real(operators, "Asinh", "9 22", -3, 3, 22);
        real(operators, "Acosh", "9 22", 1, 9, 22);
        real(operators, "Atanh", "9 22", -0.99, 0.99, 22);
        real(operators, "Erf", "9 13", -3, 3, 13);
        real(operators, "Round", "11 22", -4, 4, 22);
        real(operators, "HardSwish", "14 22", -5, 5, 22);
        real(operators, "Mish", "18 22", -5, 5, 22);
        withParameters(operators);
        ofManyTypes(operators);
        clip(operators);
    }

    private static void real(Operators operators, String type, String since, double low, double high, long bfloat) {
        operators.add(type, since, (sketch, draw) -> {
            DataType element = Types.floating(sketch, bfloat);
            long[] dims = draw.shape(0, 4);
            boolean wild = draw.chance(0.2) && element != DataType.BFLOAT16;
            sketch.slack(type.equals("Tan") ? 100 : 1); // steep
            sketch.in(wild ? draw.wild(element, dims) : draw.reals(element, low, high, dims));
        });
    }

    private static void withParameters(Operators operators) {
        scaled(operators, "Elu", "7 22", "alpha");
        scaled(operators, "Selu", "7 22", "alpha", "gamma");
        scaled(operators, "Celu", "12", "alpha");
        scaled(operators, "LeakyRelu", "7 16", "alpha");
        scaled(operators, "HardSigmoid", "7 22", "alpha", "beta");
        scaled(operators, "ThresholdedRelu", "10 22", "alpha");
        scaled(operators, "Shrink", "9", "bias", "lambd");
        scaled(operators, "Swish", "24", "alpha");
        operators.add("Gelu", "20", (sketch, draw) -> {
            if (draw.chance(0.6)) {
                sketch.set("approximate", draw.of("none", "tanh"));
            }
            DataType element = Types.floating(draw);
            sketch.slack(element == DataType.DOUBLE ? 1000 : 1).in(draw.tensor(element, draw.shape(0, 4)));
        });
    }

    private static void scaled(Operators operators, String type, String since, String... attributes) {
        operators.add(type, since, (sketch, draw) -> {
            for (String attribute : attributes) {
                if (draw.chance(0.6)) {
                    sketch.set(attribute, draw.real(0.1, 2));
                }
            }
            DataType element = type.equals("Celu") ? DataType.FLOAT : Types.floating(draw);
            long[] dims = draw.shape(0, 4);
            sketch.slack(element == DataType.DOUBLE ? 1000 : 1); // ONNX Runtime's attributes are float
            sketch.in(draw.chance(0.15) ? draw.wild(element, dims) : draw.tensor(element, dims));
        });
    }

    private static void ofManyTypes(Operators operators) {
        operators.add("Relu", "7 13 14", (sketch, draw) -> {
            DataType[] signed = {DataType.INT8, DataType.INT16, DataType.INT32, DataType.INT64};
            DataType type = sketch.since(14) && draw.chance(0.5) ? draw.of(signed) : Types.floating(draw);
            sketch.in(draw.tensor(type, draw.shape(0, 4)));
        });
        operators.add("Abs", "7 13", (sketch, draw) -> sketch.in(draw.wild(Types.numeric(draw), draw.shape(0, 4))));
        operators.add("Sign", "9 13", (sketch, draw) -> {
            DataType type = Types.numeric(draw);
            long[] dims = draw.shape(0, 4);
            // Of no number ONNX Runtime has the sign 0 in float16, none in the other types.
            sketch.in(type == DataType.FLOAT16 ? draw.tensor(type, dims) : draw.wild(type, dims));
        });
        operators.add("Neg", "7 13", (sketch, draw) -> {
            DataType type = draw.of(
                    DataType.FLOAT,
                    DataType.DOUBLE,
                    DataType.FLOAT16,
                    DataType.INT8,
                    DataType.INT16,
                    DataType.INT32,
                    DataType.INT64);
            sketch.in(draw.wild(type, draw.shape(0, 4)));
        });
        operators.add(
                "Identity", SINCE_IDENTITY, (sketch, draw) -> sketch.in(draw.wild(Types.any(draw), draw.shape(0, 4))));
        operators.add("Not", "7", (sketch, draw) -> sketch.in(draw.tensor(DataType.BOOL, draw.shape(0, 4))));
        operators.add(
                "BitwiseNot", "18", (sketch, draw) -> sketch.in(draw.extreme(Types.integer(draw), draw.shape(0, 4))));
        operators.add(
                "IsNaN", "9 13 20", (sketch, draw) -> sketch.in(draw.wild(Types.floating(draw), draw.shape(0, 4))));
        operators.add("IsInf", "10 20", (sketch, draw) -> {
            sketch.flag("detect_negative", draw.chance(0.5), true).flag("detect_positive", draw.chance(0.5), true);
            DataType type = sketch.since(20) ? Types.floating(draw) : draw.of(DataType.FLOAT, DataType.DOUBLE);
            sketch.in(draw.wild(type, draw.shape(0, 4)));
        });
    }

    /// Bounds are attributes up to opset 6, which 7 to 10 still use, and inputs from 11 on; integers from 12 on.
    private static void clip(Operators operators) {
        operators.add("Clip", "7 11 12 13", (sketch, draw) -> {
            DataType type =
                    sketch.since(12) ? Types.numeric(draw) : sketch.since(11) ? DataType.FLOAT : Types.floating(draw);
            TensorData x = draw.tensor(type, draw.shape(0, 4));
            sketch.in(x);
            boolean hasLow = draw.chance(0.6);
            boolean hasHigh = draw.chance(0.6);
            if (!sketch.since(11)) {
                if (hasLow) {
                    sketch.set("min", draw.real(-2, 0.5));
                }
                if (hasHigh) {
                    sketch.set("max", draw.real(-0.5, 2));
                }
                return;
            }
            if (hasLow) {
                sketch.parameter(draw.tensor(type));
            } else if (hasHigh) {
                sketch.absent();
            }
            if (hasHigh) {
                sketch.parameter(draw.tensor(type));
            }
        });
    }
}
