package ai.vernier.recipe;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// For every tensor of a model, in graph order: the grid it gets or why it stays in floating point.
public record Plan(Map<String, Decision> tensors) {
    public Plan {
        tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    }

    /// The decision for `tensor`; a tensor the plan does not mention stays in floating point.
    public Decision decision(String tensor) {
        return tensors.getOrDefault(tensor, new Decision.KeepFloat("not planned"));
    }

    /// The tensors that get a grid of any kind, in graph order.
    public List<String> quantized() {
        return tensors.entrySet().stream()
                .filter(entry -> !(entry.getValue() instanceof Decision.KeepFloat))
                .map(Map.Entry::getKey)
                .toList();
    }

    /// A table for people: tensor, decision, and the rule that decided it.
    public String toText() {
        return PlanText.print(this);
    }
}
