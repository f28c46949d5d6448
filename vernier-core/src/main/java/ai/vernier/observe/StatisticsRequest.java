package ai.vernier.observe;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/// What has to be measured: for every tensor, in graph order, the statistics to collect besides its range.
public record StatisticsRequest(Map<String, Set<StatisticKind>> tensors) {
    public StatisticsRequest {
        LinkedHashMap<String, Set<StatisticKind>> copy = new LinkedHashMap<>();
        tensors.forEach((tensor, kinds) -> copy.put(tensor, Set.copyOf(kinds)));
        tensors = Collections.unmodifiableMap(copy);
    }

    /// Whether nothing has to be measured, so that no data is needed.
    public boolean isEmpty() {
        return tensors.isEmpty();
    }
}
