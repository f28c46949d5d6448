package ai.vernier.bench.opsets;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.util.stream.LongStream;

/// Quantization and integer products.
final class QuantizedFamily {
    private static final DataType[] BYTES = {DataType.INT8, DataType.UINT8};

    private QuantizedFamily() {}

    static void register(Operators operators) {
        operators.add("QuantizeLinear", "10 13 19 21 23 24 25", QuantizedFamily::quantize);
        operators.add("DequantizeLinear", "10 13 19 21 23 24 25", QuantizedFamily::dequantize);
        operators.add("DynamicQuantizeLinear", "11", (sketch, draw) -> {
            double low = draw.of(-3.0, 0.5, -9.0);
            sketch.in(draw.reals(DataType.FLOAT, low, low + draw.of(2.0, 8.0), filled(draw, 1, 4)))
                    .outputs(true, true, true);
        });
        operators.add("MatMulInteger", "10", QuantizedFamily::integerProduct);
        operators.add("QLinearMatMul", "10 21", QuantizedFamily::quantizedProduct);
        operators.add("ConvInteger", "10", QuantizedFamily::integerConvolution);
        operators.add("QLinearConv", "10", QuantizedFamily::quantizedConvolution);
    }

    private static DataType grid(Sketch sketch, Draw draw) {
        if (sketch.since(21) && draw.chance(0.4)) {
            return draw.of(DataType.INT16, DataType.UINT16, DataType.INT4, DataType.UINT4);
        }
        if (sketch.since(19) && draw.chance(0.25)) {
            return draw.of(
                    DataType.FLOAT8E4M3FN, DataType.FLOAT8E5M2, DataType.FLOAT8E4M3FNUZ, DataType.FLOAT8E5M2FNUZ);
        }
        return draw.of(BYTES);
    }

    /// The shape of scales: none, per axis or per block; sets the attributes.
    private static long[] layout(Sketch sketch, Draw draw, long[] dims) {
        if (!sketch.since(13) || dims.length == 0 || draw.chance(0.4)) {
            return draw.chance(0.3) && sketch.since(13) ? new long[] {1} : new long[0];
        }
        long axis = draw.axis(dims.length);
        int at = (int) Math.floorMod(axis, (long) dims.length);
        if (axis != 1 || draw.chance(0.5)) {
            sketch.set("axis", axis);
        }
        if (sketch.since(21) && draw.chance(0.4)) {
            int block = draw.between(1, 3);
            dims[at] = (long) block * draw.between(1, 3);
            sketch.set("block_size", block);
            long[] scales = dims.clone();
            scales[at] = dims[at] / block;
            return scales;
        }
        return new long[] {dims[at]};
    }

    private static long[] filled(Draw draw, int low, int high) {
        return LongStream.of(draw.shape(low, high))
                .map(size -> Math.max(1, size))
                .toArray();
    }

    private static void quantize(Sketch sketch, Draw draw) {
        long[] dims = filled(draw, 0, 4);
        DataType type = grid(sketch, draw);
        long[] layout = layout(sketch, draw, dims);
        DataType real = sketch.since(19) ? draw.of(DataType.FLOAT, DataType.FLOAT, DataType.FLOAT16) : DataType.FLOAT;
        boolean small = type.isFloatingPoint();
        if (small) {
            sketch.flag("saturate", draw.chance(0.7), true);
        }
        sketch.in(draw.reals(real, -20, 20, dims)).parameter(draw.reals(real, 0.05, 0.3, layout));
        boolean stated = sketch.since(21) && draw.chance(0.4);
        if (stated) {
            sketch.set("output_dtype", type.number());
        }
        boolean needed = type != DataType.UINT8 && !stated;
        if (needed || draw.chance(0.6)) {
            sketch.parameter(small ? zeros(type, layout) : zeroPoint(draw, type, layout));
        }
        sketch.steps(real == DataType.FLOAT16 ? 1 : 0);
    }

    private static TensorData zeros(DataType type, long... dims) {
        DataType unsigned = DataType.UINT8;
        long[] values = new long[(int) TensorData.elementCount(dims)];
        return TensorData.ofBytes(
                type, TensorData.ofIntegers(unsigned, values, dims).bytes(), dims);
    }

    private static TensorData zeroPoint(Draw draw, DataType type, long... dims) {
        return draw.tensor(type, dims);
    }

    private static void dequantize(Sketch sketch, Draw draw) {
        long[] dims = filled(draw, 0, 4);
        long[] layout = layout(sketch, draw, dims);
        DataType type = draw.chance(0.15) ? DataType.INT32 : grid(sketch, draw);
        DataType real = sketch.since(19) ? draw.of(DataType.FLOAT, DataType.FLOAT, DataType.FLOAT16) : DataType.FLOAT;
        boolean small = type.isFloatingPoint();
        sketch.in(
                small
                        ? codes(draw, type, dims)
                        : type == DataType.INT32 ? draw.tensor(type, dims) : draw.extreme(type, dims));
        sketch.parameter(draw.reals(real, 0.05, 0.3, layout));
        if (type != DataType.INT32 && draw.chance(0.6)) {
            sketch.parameter(small ? zeros(type, layout) : zeroPoint(draw, type, layout));
        }
        if (sketch.since(23) && draw.chance(0.3)) {
            sketch.set("output_dtype", draw.of(DataType.FLOAT, DataType.FLOAT16).number());
        }
    }

    /// Finite values: codes with a low exponent.
    private static TensorData codes(Draw draw, DataType type, long... dims) {
        return TensorData.ofBytes(
                type, draw.integers(DataType.UINT8, 0, 0x60, dims).bytes(), dims);
    }

    private static void integerProduct(Sketch sketch, Draw draw) {
        DataType left = draw.of(BYTES);
        DataType right = draw.of(BYTES);
        long[] outer = filled(draw, 0, 2);
        long rows = draw.some();
        long inner = draw.some();
        long columns = draw.some();
        sketch.in(draw.extreme(left, joined(outer, rows, inner)))
                .parameter(draw.extreme(right, joined(draw.chance(0.5) ? outer : new long[0], inner, columns)));
        if (draw.chance(0.7)) {
            sketch.parameter(draw.extreme(left));
            if (draw.chance(0.7)) {
                sketch.parameter(draw.extreme(right, draw.chance(0.4) ? new long[] {columns} : new long[0]));
            }
        }
    }

    private static long[] joined(long[] outer, long... last) {
        return LongStream.concat(LongStream.of(outer), LongStream.of(last)).toArray();
    }

    private static void quantizedProduct(Sketch sketch, Draw draw) {
        DataType left = draw.of(BYTES);
        DataType right = left == DataType.INT8 ? DataType.INT8 : draw.of(BYTES);
        long[] outer = filled(draw, 0, 1);
        long rows = draw.some();
        long inner = draw.some();
        long columns = draw.some();
        long[] perColumn = draw.chance(0.3) ? new long[] {columns} : new long[0];
        sketch.in(draw.extreme(left, joined(outer, rows, inner)));
        scale(sketch, draw, 0.02).parameter(draw.tensor(left));
        sketch.parameter(draw.extreme(right, inner, columns));
        sketch.parameter(draw.reals(DataType.FLOAT, 0.01, 0.05, perColumn)).parameter(draw.tensor(right, perColumn));
        scale(sketch, draw, 0.1).parameter(draw.tensor(left)).steps(1);
    }

    private static Sketch scale(Sketch sketch, Draw draw, double about) {
        return sketch.parameter(draw.reals(DataType.FLOAT, about / 2, about * 2));
    }

    private static long[] convolution(Sketch sketch, Draw draw, int rank, long each) {
        long[] kernel = WindowFamily.kernel(draw, rank);
        if (draw.chance(0.5)) {
            sketch.setInts(
                    "strides",
                    LongStream.generate(() -> draw.between(1, 2)).limit(rank).toArray());
        }
        if (draw.chance(0.5)) {
            sketch.setInts(
                    "pads",
                    LongStream.generate(() -> draw.between(0, 2))
                            .limit(2L * rank)
                            .toArray());
        } else if (draw.chance(0.4)) {
            sketch.set("auto_pad", draw.of("SAME_UPPER", "SAME_LOWER", "VALID"));
        }
        return joined(new long[] {each}, kernel);
    }

    private static void integerConvolution(Sketch sketch, Draw draw) {
        long group = draw.between(1, 2);
        long each = draw.between(1, 3);
        long[] dims = draw.image(2, 4, 7);
        dims[1] = group * each;
        DataType weight = draw.of(BYTES);
        long[] filter = convolution(sketch, draw, 2, each);
        sketch.set("group", group).in(draw.extreme(DataType.UINT8, dims));
        sketch.parameter(draw.extreme(weight, joined(new long[] {group * draw.between(1, 3)}, filter)));
        if (draw.chance(0.6)) {
            sketch.parameter(draw.extreme(DataType.UINT8));
            if (draw.chance(0.6)) {
                sketch.parameter(draw.extreme(weight));
            }
        }
    }

    private static void quantizedConvolution(Sketch sketch, Draw draw) {
        long group = draw.between(1, 2);
        long each = draw.between(1, 3);
        int rank = draw.between(1, 3);
        long[] dims = draw.image(rank, 4, 6);
        dims[1] = group * each;
        DataType type = draw.of(BYTES);
        DataType weight = type == DataType.INT8 ? DataType.INT8 : draw.of(BYTES);
        long filters = group * draw.between(1, 3);
        long[] perFilter = draw.chance(0.5) ? new long[] {filters} : new long[0];
        long[] filter = convolution(sketch, draw, rank, each);
        sketch.set("group", group).in(draw.extreme(type, dims));
        scale(sketch, draw, 0.02).parameter(draw.tensor(type));
        sketch.parameter(draw.extreme(weight, joined(new long[] {filters}, filter)));
        TensorData zero = TensorData.ofIntegers(weight, new long[perFilter.length == 0 ? 1 : (int) filters], perFilter);
        sketch.parameter(draw.reals(DataType.FLOAT, 0.005, 0.05, perFilter)).parameter(zero);
        scale(sketch, draw, 0.1).parameter(draw.tensor(type)).steps(1);
        if (draw.chance(0.5)) {
            sketch.parameter(draw.integers(DataType.INT32, -2000, 2000, filters));
        }
    }
}
