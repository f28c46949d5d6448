package ai.vernier.bench.opsets;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;

/// Attention and rotary positions.
final class AttentionFamily {
    private AttentionFamily() {}

    static void register(Operators operators) {
        operators.add("Attention", "23 24", AttentionFamily::attention);
        operators.add("RotaryEmbedding", "23", AttentionFamily::rotary);
    }

    private static void attention(Sketch sketch, Draw draw) {
        long batch = draw.between(1, 2);
        long keyHeads = draw.between(1, 2);
        long heads = keyHeads * draw.between(1, 2);
        long queries = draw.between(1, 4);
        long keys = draw.between(1, 5);
        long size = 2L * draw.between(1, 3);
        long valueSize = draw.chance(0.5) ? size : draw.between(1, 5);
        boolean flat = draw.chance(0.5);
        boolean past = draw.chance(0.3);
        long before = past ? draw.between(1, 3) : 0;
        if (flat) {
            sketch.set("q_num_heads", heads).set("kv_num_heads", keyHeads);
        }
        boolean causal = queries > 1 && draw.chance(0.4); // one query sees all keys in ONNX Runtime
        sketch.flag("is_causal", causal, false).slack(20);
        if (draw.chance(0.3)) {
            sketch.set("scale", draw.real(0.1, 1));
        }
        if (draw.chance(0.3)) {
            sketch.set("softcap", draw.real(0.5, 4));
        }
        sketch.in(flat ? draw.floats(batch, queries, heads * size) : draw.floats(batch, heads, queries, size))
                .in(flat ? draw.floats(batch, keys, keyHeads * size) : draw.floats(batch, keyHeads, keys, size))
                .in(
                        flat
                                ? draw.floats(batch, keys, keyHeads * valueSize)
                                : draw.floats(batch, keyHeads, keys, valueSize));
        if (draw.chance(0.5)) {
            sketch.in(mask(draw, new long[] {batch, heads, queries, keys + before}));
        } else if (past) {
            sketch.absent();
        }
        if (past) {
            sketch.in(draw.floats(batch, keyHeads, before, size)).in(draw.floats(batch, keyHeads, before, valueSize));
        }
        boolean scores = draw.chance(0.4);
        if (scores) {
            sketch.set("qk_matmul_output_mode", draw.between(0, 3)).outputs(true, past, past, true);
        } else if (past) {
            sketch.outputs(true, true, true);
        }
    }

    /// Added, or Boolean with the first key always taking part; two to four axes.
    private static TensorData mask(Draw draw, long[] full) {
        long[] dims = draw.chance(0.4)
                ? new long[] {full[2], full[3]}
                : new long[] {draw.chance(0.5) ? 1 : full[0], draw.chance(0.5) ? 1 : full[1], full[2], full[3]};
        if (draw.chance(0.5)) {
            return draw.floats(dims);
        }
        long[] values = draw.integers(DataType.BOOL, 0, 1, dims).toLongs();
        for (int i = 0; i < values.length; i += (int) full[3]) {
            values[i] = 1;
        }
        return TensorData.ofIntegers(DataType.BOOL, values, dims);
    }

    private static void rotary(Sketch sketch, Draw draw) {
        long batch = draw.between(1, 2);
        long heads = draw.between(1, 3);
        long length = draw.between(1, 4);
        long size = 2L * draw.between(1, 4);
        boolean flat = draw.chance(0.4);
        boolean partial = size > 2 && draw.chance(0.3);
        long turned = partial ? size - 2 : size;
        sketch.flag("interleaved", draw.chance(0.5), false);
        if (partial) {
            sketch.set("rotary_embedding_dim", turned);
        }
        if (flat) {
            sketch.set("num_heads", heads);
        }
        sketch.in(flat ? draw.floats(batch, length, heads * size) : draw.floats(batch, heads, length, size));
        boolean positions = draw.chance(0.6);
        long rows = length + 3;
        long[] cache = positions ? new long[] {rows, turned / 2} : new long[] {batch, length, turned / 2};
        sketch.parameter(draw.reals(DataType.FLOAT, -1, 1, cache)).parameter(draw.reals(DataType.FLOAT, -1, 1, cache));
        if (positions) {
            sketch.parameter(draw.integers(DataType.INT64, 0, rows - 1, batch, length));
        }
    }
}
