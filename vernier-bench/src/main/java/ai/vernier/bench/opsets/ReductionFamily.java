package ai.vernier.bench.opsets;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.util.stream.LongStream;

/// Reductions, running sums, the largest elements.
final class ReductionFamily {
    private ReductionFamily() {}

    static void register(Operators operators) {
        String[] types = {
            "ReduceMean", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp"
        };
        for (String type : types) {
            reduction(operators, type, "7 11 13 18", 18);
        }
        reduction(operators, "ReduceSum", "7 11 13", 13);
        reduction(operators, "ReduceMax", "7 11 12 13 18 20", 18);
        reduction(operators, "ReduceMin", "7 11 12 13 18 20", 18);
        extremes(operators);
        cumulative(operators);
        topK(operators);
    }

    /// Axes are an attribute, from `inputSince` on an input.
    private static void reduction(Operators operators, String type, String since, long inputSince) {
        operators.add(type, since, (sketch, draw) -> {
            DataType element = element(sketch, draw, type);
            long[] dims = nonEmpty(draw, 0, 5); // ONNX Runtime crashes on some empty ones
            sketch.in(filled(draw, type, element, dims)).slack(8);
            sketch.flag("keepdims", draw.chance(0.5), true);
            long[] axes = draw.axes(dims.length, sketch.since(11));
            boolean stated = draw.chance(0.75);
            if (sketch.since(inputSince)) {
                sketch.flag("noop_with_empty_axes", draw.chance(0.3), false);
                if (stated) {
                    sketch.parameter(Draw.longs(axes));
                }
            } else if (stated && axes.length > 0) {
                sketch.setInts("axes", axes);
            }
        });
    }

    private static DataType element(Sketch sketch, Draw draw, String type) {
        if (type.equals("ReduceMax") || type.equals("ReduceMin")) {
            if (sketch.since(20) && draw.chance(0.15)) {
                return DataType.BOOL;
            }
            if (sketch.since(12) && draw.chance(0.3)) {
                return draw.of(DataType.INT8, DataType.UINT8);
            }
        }
        if (type.equals("ReduceLogSumExp")) {
            return Types.floating(draw); // ONNX Runtime truncates every exponential of integers
        }
        return draw.chance(0.5) ? DataType.FLOAT : Types.high(draw);
    }

    private static TensorData filled(Draw draw, String type, DataType element, long[] dims) {
        if (type.startsWith("ReduceLog")) {
            return element.isFloatingPoint() ? draw.reals(element, 0.1, 3, dims) : draw.integers(element, 1, 3, dims);
        }
        if (type.equals("ReduceProd")) {
            return element.isFloatingPoint()
                    ? draw.reals(element, -1.5, 1.5, dims)
                    : draw.integers(element, 0, 3, dims);
        }
        boolean extremum = type.equals("ReduceMax") || type.equals("ReduceMin");
        // ONNX Runtime drops the casts around larger unsigned integers and compares signed ones.
        return extremum && element.bits() == Byte.SIZE && draw.chance(0.5)
                ? draw.extremeOrTame(element, dims)
                : draw.tensor(element, dims);
    }

    private static void extremes(Operators operators) {
        for (String type : new String[] {"ArgMax", "ArgMin"}) {
            operators.add(type, "7 11 12 13", (sketch, draw) -> {
                DataType element = Types.numeric(draw);
                long[] dims = nonEmpty(draw, 1, 4);
                long axis = sketch.since(11) ? draw.axis(dims.length) : draw.between(0, dims.length - 1);
                if (axis != 0 || draw.chance(0.5)) {
                    sketch.set("axis", axis);
                }
                sketch.flag("keepdims", draw.chance(0.5), true);
                if (sketch.since(12)) {
                    sketch.flag("select_last_index", draw.chance(0.5), false);
                }
                // Few values, so that there are ties.
                sketch.in(element.isFloatingPoint() ? few(draw, element, dims) : draw.integers(element, 0, 3, dims));
            });
        }
    }

    private static TensorData few(Draw draw, DataType type, long[] dims) {
        double[] values = new double[(int) TensorData.elementCount(dims)];
        for (int i = 0; i < values.length; i++) {
            values[i] = draw.between(-2, 2);
        }
        return Numbers.reals(type, values, dims);
    }

    private static long[] nonEmpty(Draw draw, int low, int high) {
        return LongStream.of(draw.shape(low, high))
                .map(size -> Math.max(1, size))
                .toArray();
    }

    private static void cumulative(Operators operators) {
        for (String type : new String[] {"CumSum", "CumProd"}) {
            operators.add(type, type.equals("CumSum") ? "11 14" : "26", (sketch, draw) -> {
                DataType element = Types.high(draw);
                long[] dims = draw.shape(1, 4);
                sketch.flag("exclusive", draw.chance(0.5), false).flag("reverse", draw.chance(0.5), false);
                sketch.in(
                        element.isFloatingPoint()
                                ? draw.reals(element, -1.5, 1.5, dims)
                                : draw.integers(element, 0, 3, dims));
                DataType axis = Types.index(draw);
                long[] shape = draw.chance(0.5) ? new long[] {1} : new long[0];
                sketch.parameter(TensorData.ofIntegers(axis, new long[] {draw.axis(dims.length)}, shape))
                        .slack(8);
            });
        }
    }

    private static void topK(Operators operators) {
        operators.add("TopK", "7 10 11 24", (sketch, draw) -> {
            long[] dims = nonEmpty(draw, 1, 4);
            DataType type = sketch.since(11) ? Types.numeric(draw) : Types.floating(draw);
            long axis = sketch.since(11) ? draw.axis(dims.length) : draw.between(0, dims.length - 1);
            long size = dims[(int) (axis < 0 ? axis + dims.length : axis)];
            long k = draw.between(sketch.since(10) && draw.chance(0.1) ? 0 : 1, (int) size);
            if (axis != -1 || draw.chance(0.5)) {
                sketch.set("axis", axis);
            }
            if (sketch.since(11)) {
                sketch.flag("largest", draw.chance(0.5), true).set("sorted", 1);
            }
            sketch.in(type.isFloatingPoint() ? few(draw, type, dims) : draw.tensor(type, dims))
                    .outputs(true, true);
            if (sketch.since(10)) {
                sketch.parameter(Draw.longs(k));
            } else {
                sketch.set("k", k);
            }
        });
    }
}
