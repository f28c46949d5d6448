package ai.vernier.calibrate;

import ai.vernier.observe.Statistics;
import ai.vernier.onnx.Model;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.RangeToEncoding;
import ai.vernier.recipe.Decision;
import ai.vernier.recipe.Plan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Turns a plan and statistics into grids: the numbers of every tensor that the plan puts on one.
///
/// First the tensors that lead (calibrated from statistics, or fixed), then biases, which may raise a
/// weight's scale so that they fit into 32 bits, then the tensors that follow. The result depends on
/// model, plan and statistics alone, not on the threads that compute it.
///
/// @param rule how ranges become grids
public record Calibrator(RangeToEncoding rule) {
    /// With [RangeToEncoding#DEFAULT].
    public Calibrator() {
        this(RangeToEncoding.DEFAULT);
    }

    /// The grids of all tensors that `plan` quantizes, in plan order. A bias whose input or weight stays
    /// in floating point, or whose channels are not its weight's, stays there too, and a note says so.
    ///
    /// @param statistics what [CalibrationNeeds#of] asks for; a tensor never seen gets the range [0, 0]
    ///     and a note
    /// @throws ai.vernier.onnx.InvalidInputException where weights hold NaN or infinities, or a range
    ///     method is unknown
    /// @throws ai.vernier.onnx.UnsupportedModelException where a weight is not float32
    public QuantizedModel calibrate(Model model, Plan plan, Statistics statistics) {
        SharedGrids grids = new SharedGrids(model, plan);
        WeightCheck.check(model, plan);
        LeaderGrids leading = new LeaderGrids(model, statistics, grids, rule);
        List<String> notes = new ArrayList<>(leading.unseen(plan));
        Map<String, Encoding> leaders = leading.of(plan);
        AccumulatorGrids accumulators = new AccumulatorGrids(model, grids, leaders, notes);
        accumulators.makeRoom(plan);
        Map<String, Encoding> encodings = new LinkedHashMap<>();
        for (String tensor : plan.quantized()) {
            Optional<Encoding> encoding = switch (plan.decision(tensor)) {
                case Decision.AccumulatorBias bias -> accumulators.encoding(tensor, bias);
                case Decision.Calibrated _, Decision.Fixed _, Decision.SameAs _, Decision.KeepFloat _ ->
                    Optional.ofNullable(leaders.get(grids.leader(tensor)));
            };
            encoding.ifPresent(grid -> encodings.put(tensor, grid));
        }
        return new QuantizedModel(model, plan, encodings, notes);
    }
}
