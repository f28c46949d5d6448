package ai.vernier.calibrate;

import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.Granularity;
import ai.vernier.quant.IntegerFormat;
import ai.vernier.recipe.Decision;
import ai.vernier.recipe.Plan;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/// The grids of int32 biases: scale = s_x · s_w, in float32, per channel where the weight is, zero point 0.
///
/// A channel of tiny weights has a tiny scale, on which a bias of ordinary size exceeds 32 bits. Its
/// weight scale is then raised to |bias| / (s_x · 2^31), as AIMET does since 2.13: weights that small
/// lose nothing that the output could show.
final class AccumulatorGrids {
    /// The largest float32 below 2^31: a quotient that reaches it still has a code.
    private static final double MOST_STEPS = 2147483520;

    private final Map<String, TensorData> initializers;
    private final SharedGrids grids;
    private final Map<String, Encoding> leaders;
    private final List<String> notes;

    /// @param leaders grids of the leading tensors; [#makeRoom] replaces those of weights it raises
    AccumulatorGrids(Model model, SharedGrids grids, Map<String, Encoding> leaders, List<String> notes) {
        this.initializers = model.graph().initializers();
        this.grids = grids;
        this.leaders = leaders;
        this.notes = notes;
    }

    /// Raises weight scales until every constant bias fits into 32 bits.
    void makeRoom(Plan plan) {
        for (String tensor : plan.quantized()) {
            if (initializers.containsKey(tensor) && plan.decision(tensor) instanceof Decision.AccumulatorBias bias) {
                makeRoom(tensor, bias);
            }
        }
    }

    private void makeRoom(String tensor, Decision.AccumulatorBias operands) {
        Optional<Encoding> input = grid(operands.input());
        Optional<Encoding> weight = grid(operands.weight());
        if (input.isPresent() && weight.isPresent() && fits(tensor, weight.get())) {
            raise(tensor, operands.weight(), input.get().scale(0), weight.get());
        }
    }

    /// The grid of `tensor`, or empty, with a note, where its operands leave none.
    Optional<Encoding> encoding(String tensor, Decision.AccumulatorBias bias) {
        Optional<Encoding> input = grid(bias.input());
        Optional<Encoding> weight = grid(bias.weight());
        if (input.isEmpty() || weight.isEmpty()) {
            notes.add("bias '%s' stays in floating point: '%s' has no grid"
                    .formatted(tensor, input.isEmpty() ? bias.input() : bias.weight()));
            return Optional.empty();
        }
        if (!fits(tensor, weight.get())) {
            notes.add("bias '%s' stays in floating point: it has not one value for each of the %d channels of '%s'"
                    .formatted(tensor, weight.get().granules(), bias.weight()));
            return Optional.empty();
        }
        return Optional.of(encoding(tensor, input.get().scale(0), weight.get()));
    }

    private Encoding encoding(String tensor, float inputScale, Encoding weight) {
        int[] decisive = decisive(weight);
        float[] scales = new float[decisive.length];
        for (int i = 0; i < scales.length; i++) {
            scales[i] = Math.max(inputScale * weight.scale(decisive[i]), Float.MIN_NORMAL);
        }
        IntegerFormat format = IntegerFormat.INT32;
        return new Encoding.Grid(format, granularity(tensor, weight), format.min(), format.max())
                .with(scales, new long[scales.length]);
    }

    private Granularity granularity(String tensor, Encoding weight) {
        if (!(weight.granularity() instanceof Granularity.PerChannel)) {
            return new Granularity.PerTensor();
        }
        TensorData bias = initializers.get(tensor);
        return new Granularity.PerChannel(bias == null ? 0 : bias.rank() - 1);
    }

    /// The weight's granules that decide over the bias: every channel, or else the one with the largest
    /// scale.
    private static int[] decisive(Encoding weight) {
        if (weight.granularity() instanceof Granularity.PerChannel) {
            return IntStream.range(0, weight.granules()).toArray();
        }
        int largest = 0;
        for (int i = 1; i < weight.granules(); i++) {
            largest = weight.scale(i) > weight.scale(largest) ? i : largest;
        }
        return new int[] {largest};
    }

    /// Whether a bias has one value per channel of its weight where the weight has channels.
    private boolean fits(String tensor, Encoding weight) {
        TensorData bias = initializers.get(tensor);
        return bias == null
                || !(weight.granularity() instanceof Granularity.PerChannel)
                || (bias.rank() > 0 && bias.elementCount() == weight.granules() && bias.dim(-1) == weight.granules());
    }

    private void raise(String tensor, String weightName, float inputScale, Encoding weight) {
        float[] bias = constant(tensor);
        float[] scales = weight.scales();
        int[] decisive = decisive(weight);
        boolean perChannel = weight.granularity() instanceof Granularity.PerChannel;
        int raised = 0;
        for (int i = 0; i < bias.length; i++) {
            int granule = decisive[perChannel ? i : 0];
            double least = Math.abs(bias[i]) / (MOST_STEPS * inputScale);
            if (scales[granule] < least) {
                scales[granule] = Math.nextUp((float) least);
                raised++;
            }
        }
        if (raised > 0) {
            Encoding.Grid grid =
                    new Encoding.Grid(weight.format(), weight.granularity(), weight.minCode(), weight.maxCode());
            leaders.put(grids.leader(weightName), grid.with(scales, weight.zeroPoints()));
            notes.add("weight '%s': %d of %d scales raised so that bias '%s' fits int32"
                    .formatted(weightName, raised, scales.length, tensor));
        }
    }

    private float[] constant(String tensor) {
        TensorData values = initializers.get(tensor);
        return values == null ? new float[0] : values.toFloats();
    }

    private Optional<Encoding> grid(String tensor) {
        return Optional.ofNullable(leaders.get(grids.leader(tensor)));
    }
}
