package ai.vernier.bench.opsets;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.util.Arrays;
import java.util.stream.LongStream;

/// Normalizations, softmax and its kin, losses, dropout.
final class NormalizationFamily {
    private NormalizationFamily() {}

    static void register(Operators operators) {
        operators.add("BatchNormalization", "7 9 14 15", NormalizationFamily::batch);
        operators.add("InstanceNormalization", "7 22", (sketch, draw) -> {
            long[] dims = draw.image(draw.between(1, 3), 2, 6);
            epsilon(sketch, draw)
                    .in(draw.floats(dims))
                    .parameter(draw.floats(dims[1]))
                    .parameter(draw.floats(dims[1]))
                    .slack(20);
        });
        operators.add("LayerNormalization", "17", (sketch, draw) -> {
            long[] dims = filled(draw, 1, 4);
            long[] normalized = normalized(sketch, draw, dims);
            DataType type = draw.of(DataType.FLOAT, DataType.FLOAT, DataType.DOUBLE, DataType.FLOAT16);
            epsilon(sketch, draw)
                    .in(draw.tensor(type, dims))
                    .parameter(draw.tensor(type, normalized))
                    .slack(50);
            if (draw.chance(0.6)) {
                sketch.parameter(draw.tensor(type, normalized));
            }
            if (draw.chance(0.4) && type != DataType.FLOAT16) {
                sketch.outputs(true, true, true);
            }
        });
        operators.add("RMSNormalization", "23", (sketch, draw) -> {
            long[] dims = filled(draw, 1, 4);
            long[] normalized = normalized(sketch, draw, dims);
            epsilon(sketch, draw)
                    .in(draw.floats(dims))
                    .parameter(draw.floats(normalized))
                    .slack(20);
        });
        operators.add("GroupNormalization", "18 21", (sketch, draw) -> {
            long groups = draw.between(1, 3);
            long[] dims = draw.image(draw.between(1, 2), 2, 5);
            dims[1] = groups * draw.between(1, 3);
            long parameters = sketch.since(21) ? dims[1] : groups;
            epsilon(sketch, draw).set("num_groups", groups).in(draw.floats(dims));
            sketch.parameter(draw.floats(parameters))
                    .parameter(draw.floats(parameters))
                    .slack(50);
        });
        others(operators);
        softmaxes(operators);
        losses(operators);
        operators.add("Dropout", "7 10 12 13 22", (sketch, draw) -> {
            sketch.in(draw.floats(draw.shape(0, 4)));
            boolean mask = draw.chance(0.5) && sketch.since(12); // not defined for inference before
            if (mask) {
                sketch.outputs(true, true);
            }
            if (!sketch.since(12) && draw.chance(0.5)) {
                sketch.set("ratio", draw.real(0.1, 0.9));
            } else if (sketch.since(12) && draw.chance(0.5)) {
                sketch.parameter(Draw.scalar((float) draw.real(0.1, 0.9)));
                if (draw.chance(0.5)) {
                    sketch.parameter(TensorData.ofIntegers(DataType.BOOL, new long[] {0}));
                }
            }
        });
    }

    private static long[] filled(Draw draw, int low, int high) {
        return LongStream.of(draw.shape(low, high))
                .map(size -> Math.max(2, size))
                .toArray();
    }

    private static Sketch epsilon(Sketch sketch, Draw draw) {
        return draw.chance(0.5) ? sketch.set("epsilon", draw.of(1e-5, 1e-3, 0.1)) : sketch;
    }

    private static long[] normalized(Sketch sketch, Draw draw, long[] dims) {
        long axis = draw.axis(dims.length);
        if (axis != -1 || draw.chance(0.5)) {
            sketch.set("axis", axis);
        }
        return Arrays.copyOfRange(dims, (int) Math.floorMod(axis, (long) dims.length), dims.length);
    }

    private static void batch(Sketch sketch, Draw draw) {
        long[] dims = draw.chance(0.2) ? new long[] {3, draw.some()} : draw.image(draw.between(1, 3), 2, 5);
        long channels = dims[1];
        DataType type = sketch.since(9) && draw.chance(0.2) ? DataType.DOUBLE : DataType.FLOAT;
        boolean training = sketch.since(14) && draw.chance(0.3);
        epsilon(sketch, draw);
        if (draw.chance(0.5)) {
            sketch.set("momentum", draw.real(0.1, 0.95));
        }
        if (sketch.since(14)) {
            sketch.flag("training_mode", training, false);
        }
        sketch.in(draw.tensor(type, dims)).slack(20);
        sketch.parameter(draw.tensor(type, channels)).parameter(draw.tensor(type, channels));
        sketch.parameter(draw.tensor(type, channels)).parameter(draw.reals(type, 0.2, 3, channels));
        if (training) {
            sketch.outputs(true, true, true);
        }
    }

    private static void others(Operators operators) {
        operators.add("LpNormalization", "7 22", (sketch, draw) -> {
            long[] dims = filled(draw, 1, 4);
            long axis = draw.axis(dims.length);
            if (axis != -1 || draw.chance(0.5)) {
                sketch.set("axis", axis);
            }
            if (draw.chance(0.7)) {
                sketch.set("p", draw.between(1, 2));
            }
            sketch.in(
                    draw.chance(0.1)
                            ? draw.reals(DataType.FLOAT, 0, 1e-30, dims)
                            : draw.tensor(draw.of(DataType.FLOAT, DataType.DOUBLE), dims));
        });
        operators.add("MeanVarianceNormalization", "9 13", (sketch, draw) -> {
            long[] dims = draw.image(2, 2, 5);
            dims[1] = Math.max(2, dims[1]); // the variance of one element is a negative round-off in ONNX Runtime
            if (draw.chance(0.5)) {
                sketch.setInts(
                        "axes",
                        draw.of(
                                new long[] {0, 2, 3},
                                new long[] {2, 3},
                                new long[] {1},
                                new long[] {0, 1, 2, 3},
                                new long[] {-1, -2}));
            }
            sketch.in(draw.floats(dims)).slack(50);
        });
        operators.add("LRN", "7 13", (sketch, draw) -> {
            long[] dims = draw.image(2, 2, 5);
            dims[1] = draw.between(1, 7);
            sketch.set("size", draw.of(1, 3, 5)).in(draw.floats(dims));
            if (draw.chance(0.5)) {
                sketch.set("alpha", draw.real(0.01, 2))
                        .set("beta", draw.real(0.3, 1.5))
                        .set("bias", draw.real(0.5, 2));
            }
        });
    }

    /// Flattening up to opset 12, along one axis from 13 on.
    private static void softmaxes(Operators operators) {
        for (String type : new String[] {"Softmax", "LogSoftmax", "Hardmax"}) {
            operators.add(type, "7 11 13", (sketch, draw) -> {
                long[] dims = draw.shape(1, 4);
                long axis = sketch.since(11) ? draw.axis(dims.length) : draw.between(0, dims.length - 1);
                boolean standard = dims.length > 1 && draw.chance(0.4);
                if (!standard) {
                    sketch.set("axis", axis);
                }
                boolean hard = type.equals("Hardmax");
                DataType element = hard
                        ? DataType.FLOAT
                        : draw.of(DataType.FLOAT, DataType.FLOAT, DataType.DOUBLE, DataType.FLOAT16);
                double[] few = new double[(int) TensorData.elementCount(dims)];
                Arrays.setAll(few, _ -> draw.between(-2, 2));
                sketch.in(hard ? Numbers.reals(element, few, dims) : draw.tensor(element, dims));
            });
        }
    }

    private static void losses(Operators operators) {
        operators.add("NegativeLogLikelihoodLoss", "12 13 22", (sketch, draw) -> loss(sketch, draw, false));
        operators.add("SoftmaxCrossEntropyLoss", "12 13", (sketch, draw) -> loss(sketch, draw, true));
    }

    private static void loss(Sketch sketch, Draw draw, boolean softmax) {
        long[] dims = draw.image(draw.between(0, 2), 1, 4);
        dims[1] = draw.between(2, 5);
        long[] target = LongStream.concat(LongStream.of(dims[0]), Arrays.stream(dims, 2, dims.length))
                .toArray();
        if (draw.chance(0.7)) {
            sketch.set("reduction", draw.of("none", "sum", "mean"));
        }
        TensorData classes = draw.integers(Types.index(draw), 0, dims[1] - 1, target);
        if (draw.chance(0.4)) {
            sketch.set("ignore_index", draw.chance(0.7) ? draw.between(1, (int) dims[1] - 1) : -1);
        }
        sketch.in(draw.floats(dims)).in(classes).slack(4);
        if (draw.chance(0.4)) {
            sketch.parameter(draw.reals(DataType.FLOAT, 0.1, 2, dims[1]));
        }
        if (softmax && draw.chance(0.5)) {
            sketch.outputs(true, true);
        }
    }
}
