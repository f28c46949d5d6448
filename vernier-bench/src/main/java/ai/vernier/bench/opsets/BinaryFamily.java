package ai.vernier.bench.opsets;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;

/// Two tensors or more, which broadcast.
final class BinaryFamily {
    private static final String ARITHMETIC = "7 13 14";

    private BinaryFamily() {}

    static void register(Operators operators) {
        for (String type : new String[] {"Add", "Sub", "Mul"}) {
            operators.add(type, ARITHMETIC, (sketch, draw) -> {
                DataType element = sketch.since(14) ? Types.numeric(draw) : Types.high(draw);
                boolean extreme = !element.isFloatingPoint() && draw.chance(0.5);
                pair(sketch, draw, dims -> extreme ? draw.extreme(element, dims) : draw.tensor(element, dims));
            });
        }
        division(operators);
        power(operators);
        comparisons(operators);
        logic(operators);
        many(operators);
        operators.add("PRelu", "7 9 16", (sketch, draw) -> {
            DataType type = sketch.since(9) && draw.chance(0.3)
                    ? draw.of(DataType.INT32, DataType.INT64, DataType.UINT32, DataType.UINT64)
                    : Types.floating(draw);
            long[] dims = draw.shape(1, 4);
            sketch.in(draw.tensor(type, dims)).parameter(draw.tensor(type, draw.broadcastTo(dims)));
        });
        operators.add("Where", "9 16", (sketch, draw) -> {
            DataType type = Types.any(draw);
            long[] dims = draw.shape(0, 4);
            sketch.in(draw.tensor(DataType.BOOL, draw.broadcastTo(dims)))
                    .in(draw.wild(type, draw.broadcastTo(dims)))
                    .in(draw.wild(type, dims));
        });
    }

    @FunctionalInterface
    private interface Filling {
        TensorData of(long[] dims);
    }

    private static void pair(Sketch sketch, Draw draw, Filling filling) {
        long[] dims = draw.shape(0, 4);
        boolean first = draw.chance(0.5);
        long[] other = draw.broadcastTo(dims);
        sketch.in(filling.of(first ? dims : other)).in(filling.of(first ? other : dims));
    }

    private static TensorData nonZero(Draw draw, DataType type, long[] dims) {
        if (type.isFloatingPoint()) {
            return draw.reals(type, 0.5, 3, dims);
        }
        return draw.integers(type, 1, 9, dims);
    }

    private static void division(Operators operators) {
        operators.add("Div", ARITHMETIC, (sketch, draw) -> {
            DataType type = sketch.since(14) ? Types.numeric(draw) : Types.high(draw);
            long[] dims = draw.shape(0, 4);
            TensorData dividend = type.isFloatingPoint() ? draw.tensor(type, dims) : draw.extreme(type, dims);
            sketch.in(dividend).in(nonZero(draw, type, draw.broadcastTo(dims)));
        });
        operators.add("Mod", "10 13", (sketch, draw) -> {
            DataType type = Types.numeric(draw);
            boolean real = type.isFloatingPoint();
            sketch.flag("fmod", real || draw.chance(0.4), false);
            if (real) {
                sketch.set("fmod", 1);
            }
            long[] dims = draw.shape(0, 4);
            TensorData dividend =
                    real ? draw.tensor(type, dims) : draw.integers(type, type.isSigned() ? -50 : 0, 60, dims);
            TensorData divisor = draw.chance(0.5) || !type.isSigned() || real
                    ? nonZero(draw, type, draw.broadcastTo(dims))
                    : draw.integers(type, -9, -1, draw.broadcastTo(dims));
            sketch.in(dividend).in(divisor);
        });
    }

    /// The exponent may be of another type from opset 12 on.
    private static void power(Operators operators) {
        operators.add("Pow", "7 12 13 15", (sketch, draw) -> {
            DataType[] bases = {DataType.FLOAT, DataType.DOUBLE, DataType.INT32, DataType.INT64, DataType.FLOAT16};
            DataType base = sketch.since(12) ? draw.of(bases) : Types.floating(draw);
            DataType exponent = sketch.since(12) ? draw.of(bases) : base;
            long[] dims = draw.shape(0, 3);
            sketch.slack(4);
            sketch.in(base.isFloatingPoint() ? draw.reals(base, 0.2, 2, dims) : draw.integers(base, 1, 6, dims));
            long[] other = draw.broadcastTo(dims);
            sketch.in(
                    exponent.isFloatingPoint() && base.isFloatingPoint()
                            ? draw.reals(exponent, -2, 3, other)
                            : exponent.isFloatingPoint()
                                    ? Numbers.reals(exponent, whole(draw, other), other)
                                    : draw.integers(exponent, 0, 3, other));
        });
    }

    private static double[] whole(Draw draw, long[] dims) {
        double[] values = new double[(int) TensorData.elementCount(dims)];
        for (int i = 0; i < values.length; i++) {
            values[i] = draw.between(0, 3);
        }
        return values;
    }

    private static void comparisons(Operators operators) {
        operators.add("Equal", "7 11 13 19", (sketch, draw) -> {
            DataType type = sketch.since(11) ? Types.any(draw) : draw.of(DataType.BOOL, DataType.INT32, DataType.INT64);
            pair(sketch, draw, dims -> draw.tensor(type, dims));
        });
        for (String type : new String[] {"Greater", "Less"}) {
            operators.add(type, "7 9 13", (sketch, draw) -> {
                DataType element = sketch.since(9) ? Types.numeric(draw) : Types.floating(draw);
                pair(sketch, draw, dims -> draw.wild(element, dims));
            });
        }
        for (String type : new String[] {"GreaterOrEqual", "LessOrEqual"}) {
            operators.add(type, "12 16", (sketch, draw) -> {
                DataType element = Types.numeric(draw);
                pair(sketch, draw, dims -> draw.chance(0.5) ? draw.tensor(element, dims) : draw.wild(element, dims));
            });
        }
    }

    private static void logic(Operators operators) {
        for (String type : new String[] {"And", "Or", "Xor"}) {
            operators.add(type, "7", (sketch, draw) -> pair(sketch, draw, dims -> draw.tensor(DataType.BOOL, dims)));
        }
        for (String type : new String[] {"BitwiseAnd", "BitwiseOr", "BitwiseXor"}) {
            operators.add(type, "18", (sketch, draw) -> {
                DataType element = Types.integer(draw);
                pair(sketch, draw, dims -> draw.extreme(element, dims));
            });
        }
        operators.add("BitShift", "11", (sketch, draw) -> {
            DataType type = draw.of(DataType.UINT8, DataType.UINT16, DataType.UINT32, DataType.UINT64);
            sketch.set("direction", draw.of("LEFT", "RIGHT"));
            long[] dims = draw.shape(0, 3);
            sketch.in(draw.extreme(type, dims)).in(draw.integers(type, 0, type.bits() - 1, draw.broadcastTo(dims)));
        });
    }

    /// Opset 7 (version 6) has no broadcasting here.
    private static void many(Operators operators) {
        for (String type : new String[] {"Max", "Min", "Sum", "Mean"}) {
            boolean extremum = type.startsWith("M") && !type.equals("Mean");
            operators.add(type, extremum ? "7 8 12 13" : "7 8 13", (sketch, draw) -> {
                DataType element = extremum && sketch.since(12) ? Types.numeric(draw) : Types.floating(draw);
                long[] dims = draw.shape(0, 4);
                int count = draw.between(1, 4);
                for (int i = 0; i < count; i++) {
                    long[] here = sketch.since(8) ? draw.broadcastTo(dims) : dims;
                    sketch.in(extremum && draw.chance(0.2) ? draw.wild(element, here) : draw.tensor(element, here));
                }
            });
        }
    }
}
