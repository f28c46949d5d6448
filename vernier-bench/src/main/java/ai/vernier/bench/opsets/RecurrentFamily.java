package ai.vernier.bench.opsets;

import ai.vernier.onnx.DataType;
import java.util.ArrayList;
import java.util.List;

/// RNN, LSTM and GRU in all their forms.
final class RecurrentFamily {
    private static final String[] FUNCTIONS = {
        "Relu",
        "Tanh",
        "Sigmoid",
        "Affine",
        "LeakyRelu",
        "ThresholdedRelu",
        "ScaledTanh",
        "HardSigmoid",
        "Elu",
        "Softsign"
    };

    private RecurrentFamily() {}

    static void register(Operators operators) {
        operators.add("RNN", "7 14 22", (sketch, draw) -> layer(sketch, draw, 1, 1));
        operators.add("GRU", "7 14 22", (sketch, draw) -> layer(sketch, draw, 3, 2));
        operators.add("LSTM", "7 14 22", (sketch, draw) -> layer(sketch, draw, 4, 3));
    }

    private static void layer(Sketch sketch, Draw draw, int gates, int functions) {
        long hidden = draw.between(1, 4);
        long steps = draw.between(1, 4);
        long batch = draw.between(1, 3);
        long width = draw.between(1, 4);
        String direction = draw.of("forward", "reverse", "bidirectional");
        long directions = direction.equals("bidirectional") ? 2 : 1;
        sketch.set("hidden_size", hidden).slack(20);
        if (!direction.equals("forward") || draw.chance(0.5)) {
            sketch.set("direction", direction);
        }
        boolean batchFirst = sketch.since(14) && draw.chance(0.25);
        if (batchFirst) {
            sketch.set("layout", 1);
        }
        if (draw.chance(0.25)) {
            sketch.set("clip", draw.real(0.3, 2));
        }
        if (draw.chance(0.35)) {
            activations(sketch, draw, (int) (functions * directions));
        }
        boolean lstm = gates == 4;
        if (gates == 3) {
            sketch.flag("linear_before_reset", draw.chance(0.5), false);
        }
        if (lstm) {
            sketch.flag("input_forget", draw.chance(0.2), false);
        }
        sketch.in(batchFirst ? draw.floats(batch, steps, width) : draw.floats(steps, batch, width));
        sketch.parameter(draw.reals(DataType.FLOAT, -1, 1, directions, gates * hidden, width));
        sketch.parameter(draw.reals(DataType.FLOAT, -1, 1, directions, gates * hidden, hidden));
        optional(sketch, draw.chance(0.6), () -> sketch.parameter(draw.floats(directions, 2L * gates * hidden)));
        optional(sketch, draw.chance(0.4), () -> sketch.parameter(draw.integers(DataType.INT32, 1, steps, batch)));
        long[] state = batchFirst ? new long[] {batch, directions, hidden} : new long[] {directions, batch, hidden};
        optional(sketch, draw.chance(0.5), () -> sketch.in(draw.floats(state)));
        if (lstm) {
            optional(sketch, draw.chance(0.5), () -> sketch.in(draw.floats(state)));
            optional(sketch, draw.chance(0.3), () -> sketch.parameter(draw.floats(directions, 3 * hidden)));
        }
        if (lstm) {
            sketch.outputs(draw.chance(0.8), draw.chance(0.7), true);
        } else {
            sketch.outputs(draw.chance(0.8), true);
        }
    }

    private static void optional(Sketch sketch, boolean there, Runnable adding) {
        if (there) {
            adding.run();
        } else {
            sketch.absent();
        }
    }

    private static void activations(Sketch sketch, Draw draw, int count) {
        List<String> names = new ArrayList<>();
        List<Float> alphas = new ArrayList<>();
        List<Float> betas = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String name = draw.of(FUNCTIONS);
            names.add(name);
            switch (name) {
                case "Affine", "ScaledTanh", "HardSigmoid" -> {
                    alphas.add((float) draw.real(0.2, 1));
                    betas.add((float) draw.real(0.2, 1));
                }
                case "LeakyRelu", "ThresholdedRelu", "Elu" -> alphas.add((float) draw.real(0.2, 1));
                default -> {}
            }
        }
        sketch.setStrings("activations", names);
        if (!alphas.isEmpty()) {
            sketch.setFloats("activation_alpha", alphas.toArray(Float[]::new));
        }
        if (!betas.isEmpty()) {
            sketch.setFloats("activation_beta", betas.toArray(Float[]::new));
        }
    }
}
