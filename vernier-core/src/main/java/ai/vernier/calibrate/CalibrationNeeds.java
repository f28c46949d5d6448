package ai.vernier.calibrate;

import ai.vernier.observe.StatisticKind;
import ai.vernier.observe.StatisticsRequest;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.recipe.Decision;
import ai.vernier.recipe.Plan;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What has to be measured before a plan can be calibrated: for every group of tensors that share a grid,
/// its sources (see [SharedGrids]), except initializers, whose values are known.
public final class CalibrationNeeds {
    private CalibrationNeeds() {}

    /// The request for `plan` over `model`, in plan order.
    ///
    /// @throws InvalidInputException where the plan names range methods that do not exist, all of them at
    ///     once
    public static StatisticsRequest of(Model model, Plan plan) {
        SharedGrids grids = new SharedGrids(model, plan);
        Map<String, Set<StatisticKind>> request = new LinkedHashMap<>();
        Set<String> problems = new LinkedHashSet<>();
        plan.tensors().forEach((tensor, decision) -> {
            if (decision instanceof Decision.Calibrated calibrated) {
                Set<StatisticKind> needs = needs(calibrated.method(), problems);
                for (String source : grids.sources(tensor)) {
                    if (!model.graph().initializers().containsKey(source)) {
                        request.put(source, needs);
                    }
                }
            }
        });
        if (!problems.isEmpty()) {
            throw new InvalidInputException(List.copyOf(problems));
        }
        return new StatisticsRequest(request);
    }

    private static Set<StatisticKind> needs(String method, Set<String> problems) {
        try {
            return RangeMethod.parse(method).needs();
        } catch (InvalidInputException unknown) {
            problems.addAll(unknown.problems());
            return Set.of();
        }
    }
}
