package ai.vernier.cli;

import ai.vernier.data.Metric;
import ai.vernier.data.Metrics;
import ai.vernier.onnx.InvalidInputException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The metrics that `--metric` asks for.
///
/// @param labelled those that need labels
/// @param labelFree those that need a reference model: `agreement`, `sqnr`, `cosine`
record AskedMetrics(List<Metric> labelled, Set<String> labelFree) {
    private static final List<String> LABEL_FREE = List.of("agreement", "sqnr", "cosine");

    AskedMetrics {
        labelled = List.copyOf(labelled);
        labelFree = new LinkedHashSet<>(labelFree);
    }

    /// Nothing asked for.
    static AskedMetrics none() {
        return new AskedMetrics(List.of(), Set.of());
    }

    /// Metrics from a list such as `top1,sqnr`; where there is none, all that labels and reference are there for.
    ///
    /// @throws InvalidInputException with every unknown name, and what is missing for the others
    static AskedMetrics parse(@Nullable String names, boolean hasLabels, boolean hasReference) {
        if (!hasLabels && !hasReference) {
            throw new InvalidInputException(
                    "nothing to judge by: give --labels for top1, top5 …, or --reference with the"
                            + " float model for agreement, sqnr and cosine, which need no labels");
        }
        if (names == null) {
            return new AskedMetrics(
                    hasLabels ? Metrics.parse("top1") : List.of(), hasReference ? Set.copyOf(LABEL_FREE) : Set.of());
        }
        Findings findings = new Findings();
        List<Metric> labelled = new ArrayList<>();
        Set<String> labelFree = new LinkedHashSet<>();
        for (String name : names.split(",", -1)) {
            if (LABEL_FREE.contains(name.strip())) {
                labelFree.add(name.strip());
            } else {
                findings.collect(() -> Metrics.parse(name)).ifPresent(labelled::addAll);
            }
        }
        findings.require(
                labelled.isEmpty() || hasLabels, "--metric %s: needs --labels for what is counted".formatted(names));
        findings.require(
                labelFree.isEmpty() || hasReference,
                "--metric %s: needs --reference, the float model to compare with".formatted(names));
        findings.throwIfAny();
        return new AskedMetrics(labelled, labelFree);
    }
}
