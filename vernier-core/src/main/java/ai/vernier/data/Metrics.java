package ai.vernier.data;

import ai.vernier.onnx.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The metrics known by name.
public final class Metrics {
    private static final Pattern TOP_K = Pattern.compile("top-?([1-9][0-9]{0,5})");

    private Metrics() {}

    /// Metrics from a list such as `top1,top5`.
    ///
    /// @throws InvalidInputException listing all unknown names and what is known
    public static List<Metric> parse(String names) {
        List<Metric> metrics = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        for (String name : names.split(",", -1)) {
            Matcher top = TOP_K.matcher(name.strip());
            if (top.matches()) {
                metrics.add(new TopK(Integer.parseInt(top.group(1))));
            } else {
                problems.add("metric '%s' is unknown; known: top1, top5 or any topK".formatted(name.strip()));
            }
        }
        if (!problems.isEmpty()) {
            throw new InvalidInputException(problems);
        }
        return metrics;
    }
}
