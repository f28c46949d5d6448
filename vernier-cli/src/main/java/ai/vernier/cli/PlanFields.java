package ai.vernier.cli;

import ai.vernier.quant.Granularity;
import ai.vernier.quant.QuantSpec;
import ai.vernier.recipe.Decision;
import ai.vernier.recipe.Plan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// A plan as JSON fields, one object per tensor.
final class PlanFields {
    private PlanFields() {}

    static List<Map<String, Object>> of(Plan plan) {
        List<Map<String, Object>> tensors = new ArrayList<>();
        plan.tensors().forEach((tensor, decision) -> tensors.add(of(tensor, decision)));
        return tensors;
    }

    private static Map<String, Object> of(String tensor, Decision decision) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("tensor", tensor);
        switch (decision) {
            case Decision.Calibrated(QuantSpec spec, String method, String _) -> {
                fields.put("decision", "calibrated");
                put(fields, spec);
                fields.put("method", method);
            }
            case Decision.Fixed(QuantSpec spec, double min, double max, String _) -> {
                fields.put("decision", "fixed");
                put(fields, spec);
                fields.put("min", min);
                fields.put("max", max);
            }
            case Decision.SameAs(String leader, String _) -> {
                fields.put("decision", "sameAs");
                fields.put("leader", leader);
            }
            case Decision.AccumulatorBias(String input, String weight, String _) -> {
                fields.put("decision", "accumulatorBias");
                fields.put("input", input);
                fields.put("weight", weight);
            }
            case Decision.KeepFloat(String _) -> fields.put("decision", "float");
        }
        fields.put("rule", decision.rule());
        return fields;
    }

    private static void put(Map<String, Object> fields, QuantSpec spec) {
        fields.put("format", spec.format().text());
        fields.put("scheme", spec.scheme().name().toLowerCase(Locale.ROOT).replace('_', '-'));
        switch (spec.granularity()) {
            case Granularity.PerTensor() -> fields.put("per", "tensor");
            case Granularity.PerChannel(int axis) -> {
                fields.put("per", "channel");
                fields.put("axis", axis);
            }
            case Granularity.PerGroup(int axis, int size) -> {
                fields.put("per", "group");
                fields.put("axis", axis);
                fields.put("size", size);
            }
        }
    }
}
