package ai.vernier.bench.opsets;

import ai.vernier.bench.conformance.Gradient;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// Compares gradients of nodes of every operator with difference quotients: `GradientExam CASES SEED [REGEX]` prints
/// those that differ, and counts of the others by operator.
///
///     mvn -q -pl vernier-bench -am process-classes -Dbench.main=ai.vernier.bench.opsets.GradientExam -Dbench.args="10
/// 1"
public final class GradientExam {
    private GradientExam() {}

    public static void main(String[] args) {
        Map<String, Map<String, Integer>> counts = new TreeMap<>();
        String filter = args.length > 2 ? args[2] : ".*";
        for (OpsetExam.Question question :
                OpsetExam.questions(Integer.parseInt(args[0]), Long.parseLong(args[1]), filter)) {
            Sketch sketch = question.sketch().withoutConstants();
            Optional<Gradient.Verdict> verdict = verdict(sketch);
            verdict.ifPresent(found -> {
                counts.computeIfAbsent(question.operator().type(), _ -> new TreeMap<>())
                        .merge(found.getClass().getSimpleName(), 1, Integer::sum);
                if (!(found instanceof Gradient.Verdict.Agrees || found instanceof Gradient.Verdict.None)) {
                    System.out.printf("%s%n    %s%n", sketch, found);
                }
            });
        }
        counts.forEach((type, verdicts) -> System.out.println(type + " " + verdicts));
    }

    /// Empty where the node has no inputs of float or double or draws numbers.
    static Optional<Gradient.Verdict> verdict(Sketch sketch) {
        List<TensorData> inputs = List.copyOf(sketch.fed().values());
        Set<DataType> types =
                Set.copyOf(inputs.stream().map(TensorData::dataType).toList());
        boolean real = types.contains(DataType.FLOAT) || types.contains(DataType.DOUBLE);
        boolean half = types.contains(DataType.FLOAT16) || types.contains(DataType.BFLOAT16);
        return real && !half && !sketch.isShapesOnly()
                ? Optional.of(Gradient.of(sketch.model(Map.of()), inputs))
                : Optional.empty();
    }
}
