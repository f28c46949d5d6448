package ai.vernier.bench.opsets;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxText;
import java.util.Objects;

/// Control flow: branches, loops with a running value and collected ones, scans in both directions.
final class ControlFamily {
    private static final String LATELY = "13 16 19 21 23 24 25";

    private ControlFamily() {}

    static void register(Operators operators) {
        operators.add(
                "If",
                "7 11 " + LATELY,
                (sketch, draw) -> sketch.parameter(draw.tensor(DataType.BOOL))
                        .set("then_branch", graph("t () => (float[2] a) { a = Constant <value = float[2] {1, 2}> () }"))
                        .set(
                                "else_branch",
                                graph("e () => (float[2] b) { b = Constant <value = float[2] {3, 4}> () }")));
        operators.add("Loop", "7 11 " + LATELY, ControlFamily::loop);
        operators.add("Scan", "8 9 11 16 19 21 23 24 25", ControlFamily::scan);
    }

    private static Attribute graph(String text) {
        return Objects.requireNonNull(OnnxText.parse(
                        "<ir_version: 8, opset_import: [\"\" : 13]> g () => (float[2] y) { y = Loop <body = %s> () }"
                                .formatted(text))
                .graph()
                .nodes()
                .getFirst()
                .attributes()
                .get("body"));
    }

    /// v ← v + v until the trips are over or the condition fails after the first; all v are collected.
    private static void loop(Sketch sketch, Draw draw) {
        boolean stops = draw.chance(0.3);
        String condition = stops ? "co = Constant <value = bool {0}> ()" : "co = Identity (c)";
        sketch.set("body", graph("""
                b (int64 i, bool c, float[2] v) => (bool co, float[2] w, float[2] s) {
                    %s w = Add (v, v) s = Identity (w)
                }""".formatted(condition)));
        boolean counted = draw.chance(0.7) || !stops;
        if (counted) {
            sketch.parameter(TensorData.ofLongs(new long[] {draw.between(0, 4)}));
        } else {
            sketch.absent();
        }
        if (draw.chance(0.5)) {
            sketch.parameter(TensorData.ofIntegers(DataType.BOOL, new long[] {draw.between(0, 1)}));
        } else {
            sketch.absent();
        }
        sketch.in(draw.floats(2)).outputs(true, true);
    }

    /// Running sums. Up to opset 8 over a batch of sequences, from 9 on along any axis.
    private static void scan(Sketch sketch, Draw draw) {
        sketch.set("num_scan_inputs", 1).set("body", graph("""
                b (float[2] s, float[2] x) => (float[2] t, float[2] y) { t = Add (s, x) y = Identity (t) }"""));
        long steps = draw.between(1, 5);
        if (!sketch.since(9)) {
            long batch = draw.between(1, 3);
            if (draw.chance(0.5)) {
                sketch.setInts("directions", draw.between(0, 1));
            }
            if (draw.chance(0.5)) {
                sketch.parameter(draw.integers(DataType.INT64, 1, steps, batch));
            } else {
                sketch.absent();
            }
            sketch.in(draw.floats(batch, 2)).in(draw.floats(batch, steps, 2)).outputs(true, true);
            return;
        }
        boolean second = draw.chance(0.5);
        if (second) {
            sketch.setInts("scan_input_axes", sketch.since(11) ? draw.of(1, -1) : 1);
        }
        if (draw.chance(0.5)) {
            sketch.setInts("scan_input_directions", draw.between(0, 1));
        }
        if (draw.chance(0.5)) {
            sketch.setInts("scan_output_directions", draw.between(0, 1));
        }
        if (draw.chance(0.5)) {
            sketch.setInts("scan_output_axes", sketch.since(11) ? draw.of(0, 1, -1) : draw.between(0, 1));
        }
        sketch.in(draw.floats(2))
                .in(second ? draw.floats(2, steps) : draw.floats(steps, 2))
                .outputs(true, true);
    }
}
