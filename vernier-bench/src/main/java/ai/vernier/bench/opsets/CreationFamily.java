package ai.vernier.bench.opsets;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.util.stream.LongStream;

/// Tensors out of shapes and attributes, conversions of types, random numbers.
final class CreationFamily {
    private static final String LATELY = "21 23 24 25";

    private CreationFamily() {}

    static void register(Operators operators) {
        operators.add("Shape", "7 13 15 19 " + LATELY, (sketch, draw) -> {
            if (sketch.since(15) && draw.chance(0.6)) {
                sketch.set("start", draw.between(-5, 5));
            }
            if (sketch.since(15) && draw.chance(0.6)) {
                sketch.set("end", draw.between(-5, 5));
            }
            sketch.in(draw.tensor(Types.any(draw), draw.shape(0, 4)));
        });
        operators.add(
                "Size",
                "7 13 19 " + LATELY,
                (sketch, draw) -> sketch.in(draw.tensor(Types.any(draw), draw.shape(0, 4))));
        operators.add("Constant", "7 9 11 12 13 19 " + LATELY, CreationFamily::constant);
        operators.add("ConstantOfShape", "9 20 " + LATELY, (sketch, draw) -> {
            if (draw.chance(0.7)) {
                sketch.set("value", new Attribute.TensorValue(draw.tensor(Types.any(draw), 1)));
            }
            sketch.parameter(Draw.longs(draw.shape(0, 4)));
        });
        operators.add("EyeLike", "9 22", (sketch, draw) -> {
            if (draw.chance(0.5)) {
                sketch.set("k", draw.between(-5, 5));
            }
            if (draw.chance(0.5)) {
                sketch.set(
                        "dtype",
                        draw.of(DataType.FLOAT, DataType.DOUBLE, DataType.INT64, DataType.INT32, DataType.UINT64)
                                .number());
            }
            sketch.in(draw.tensor(
                    draw.of(DataType.FLOAT, DataType.DOUBLE, DataType.INT64, DataType.INT32), draw.shape(2, 2)));
        });
        operators.add("Range", "11", CreationFamily::range);
        operators.add("OneHot", "9 11", CreationFamily::oneHot);
        operators.add("Cast", "7 9 13 19 " + LATELY, CreationFamily::cast);
        operators.add("CastLike", "15 19 " + LATELY, (sketch, draw) -> {
            DataType from = Types.any(draw);
            DataType to = Types.any(draw);
            sketch.in(convertible(draw, from, to, draw.shape(0, 3))).in(draw.tensor(to, 1));
        });
        random(operators);
    }

    private static void constant(Sketch sketch, Draw draw) {
        int kind = sketch.since(12) ? draw.between(0, 4) : 0;
        switch (kind) {
            case 1 -> sketch.set("value_float", draw.real(-2, 2));
            case 2 -> sketch.set("value_int", draw.between(-9, 9));
            case 3 -> sketch.setInts("value_ints", draw.shape(1, 4));
            case 4 -> sketch.setFloats("value_floats", 1.5f, -2f);
            default -> sketch.set("value", new Attribute.TensorValue(draw.tensor(Types.any(draw), draw.shape(0, 3))));
        }
    }

    private static void range(Sketch sketch, Draw draw) {
        DataType type = draw.of(DataType.FLOAT, DataType.DOUBLE, DataType.INT64, DataType.INT32, DataType.INT16);
        int start = draw.between(-9, 9);
        int limit = draw.between(-9, 9);
        int delta = draw.of(1, 2, 3, -1, -2, -4);
        if (type.isFloatingPoint()) {
            double step = draw.chance(0.5) ? delta : delta * 0.25;
            sketch.parameter(Numbers.reals(type, new double[] {start}))
                    .parameter(Numbers.reals(type, new double[] {limit + 0.3}))
                    .parameter(Numbers.reals(type, new double[] {step}));
        } else {
            sketch.parameter(TensorData.ofIntegers(type, new long[] {start}))
                    .parameter(TensorData.ofIntegers(type, new long[] {limit}))
                    .parameter(TensorData.ofIntegers(type, new long[] {delta}));
        }
    }

    private static void oneHot(Sketch sketch, Draw draw) {
        int depth = draw.between(1, 5);
        long[] dims =
                LongStream.of(draw.shape(1, 3)).map(size -> Math.max(1, size)).toArray();
        DataType indices = draw.of(DataType.INT64, DataType.INT64, DataType.FLOAT, DataType.INT32);
        DataType type = draw.of(DataType.FLOAT, DataType.INT64, DataType.INT32);
        TensorData places = draw.integers(DataType.INT64, sketch.since(11) ? -depth : 0, depth + 1, dims);
        double[] reals = LongStream.of(places.toLongs()).asDoubleStream().toArray();
        sketch.in(
                indices.isFloatingPoint()
                        ? Numbers.reals(indices, reals, dims)
                        : TensorData.ofIntegers(indices, places.toLongs(), dims));
        sketch.parameter(
                indices == DataType.FLOAT
                        ? TensorData.ofFloats(new float[] {depth}, 1)
                        : TensorData.ofLongs(new long[] {depth}, 1));
        sketch.parameter(draw.tensor(type, 2));
        if (draw.chance(0.6)) {
            sketch.set("axis", draw.between(sketch.since(11) ? -dims.length - 1 : -1, dims.length));
        }
    }

    /// Values whose conversion is defined: none that a narrower type lacks, except between integers.
    private static TensorData convertible(Draw draw, DataType from, DataType to, long... dims) {
        if (Numbers.holdsReals(from)) {
            double low = to.isInteger() && !to.isSigned() ? 0 : -100;
            return draw.reals(from, low, 100, dims);
        }
        return to.isFloatingPoint() || from == DataType.BOOL ? draw.tensor(from, dims) : draw.extreme(from, dims);
    }

    private static void cast(Sketch sketch, Draw draw) {
        DataType from = Types.any(draw);
        DataType to = Types.any(draw);
        if (sketch.since(13) && draw.chance(0.15)) {
            to = DataType.BFLOAT16;
        }
        if (sketch.since(19) && draw.chance(0.25)) {
            from = draw.of(DataType.FLOAT, DataType.FLOAT16);
            to = draw.of(DataType.FLOAT8E4M3FN, DataType.FLOAT8E5M2, DataType.FLOAT8E4M3FNUZ, DataType.FLOAT8E5M2FNUZ);
            sketch.flag("saturate", draw.chance(0.6), true);
            sketch.set("to", to.number())
                    .in(
                            draw.chance(0.5)
                                    ? draw.wild(from, draw.shape(0, 3))
                                    : draw.reals(from, -900, 900, draw.shape(0, 3)));
            return;
        }
        if (sketch.since(21) && draw.chance(0.2)) {
            boolean narrow = draw.chance(0.5);
            to = narrow
                    ? draw.of(DataType.INT4, DataType.UINT4)
                    : draw.of(DataType.FLOAT, DataType.INT8, DataType.INT64);
            from = narrow
                    ? draw.of(DataType.FLOAT, DataType.INT8, DataType.INT32)
                    : draw.of(DataType.INT4, DataType.UINT4);
            long[] dims = draw.shape(0, 3);
            sketch.set("to", to.number())
                    .in(narrow && from == DataType.FLOAT ? draw.reals(from, 0, 7.9, dims) : draw.extreme(from, dims));
            return;
        }
        sketch.set("to", to.number()).in(convertible(draw, from, to, draw.shape(0, 3)));
    }

    /// Only types and shapes can be compared.
    private static void random(Operators operators) {
        for (String type : new String[] {"RandomNormal", "RandomUniform"}) {
            operators.add(type, "7 22", (sketch, draw) -> {
                sketch.setInts("shape", draw.shape(0, 3)).set("seed", 3.0).shapesOnly();
                dtype(sketch, draw);
            });
            operators.add(type + "Like", "7 22", (sketch, draw) -> {
                sketch.in(draw.floats(draw.shape(0, 3))).set("seed", 3.0).shapesOnly();
                dtype(sketch, draw);
            });
        }
        operators.add("Bernoulli", "15 22", (sketch, draw) -> {
            sketch.in(draw.reals(DataType.FLOAT, 0, 1, draw.shape(0, 3)))
                    .set("seed", 3.0)
                    .shapesOnly();
            if (draw.chance(0.5)) {
                sketch.set(
                        "dtype",
                        draw.of(DataType.FLOAT, DataType.BOOL, DataType.INT32, DataType.UINT16)
                                .number());
            }
        });
        operators.add("Multinomial", "7 22", (sketch, draw) -> {
            sketch.in(draw.floats(draw.some(), draw.some()))
                    .set("sample_size", draw.between(1, 5))
                    .set("seed", 3.0);
            sketch.shapesOnly();
            if (draw.chance(0.5)) {
                sketch.set("dtype", draw.of(DataType.INT32, DataType.INT64).number());
            }
        });
    }

    private static void dtype(Sketch sketch, Draw draw) {
        if (draw.chance(0.5)) {
            sketch.set("dtype", draw.of(DataType.FLOAT, DataType.DOUBLE).number());
        }
    }
}
