package ai.vernier.bench.conformance;

import ai.vernier.engine.DeviceChoice;
import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.Executor;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.onnx.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Runs cases on the engine and judges the answers.
final class CaseRunner {
    private static final EngineOptions OPTIONS = new EngineOptions(DeviceChoice.CPU, 1);
    private static final Set<String> RANDOM = Set.of(
            "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial");

    /// Sums whose terms cancel: the absolute tolerance counts from the largest value, else the order of summation
    /// decides over `basic_deform_conv_with_padding`.
    private static final Set<String> CANCELLING = Set.of("DeformConv");

    private CaseRunner() {}

    static Outcome run(ConformanceCase test) {
        Model model = test.model();
        Optional<String> obstacle = Applicability.obstacle(model);
        if (obstacle.isPresent()) {
            return new Outcome(test.name(), State.NOT_APPLICABLE, obstacle.get(), model);
        }
        try (Executor executor = Executor.compile(model, OPTIONS)) {
            List<String> differences = new ArrayList<>();
            for (ConformanceCase.DataSet data : test.dataSets()) {
                differences.addAll(differences(model, executor, data));
            }
            if (!differences.isEmpty()) {
                return new Outcome(test.name(), State.WRONG, String.join("; ", differences), model);
            }
            List<String> fallbacks = executor.fallbackOperators();
            return fallbacks.isEmpty()
                    ? new Outcome(test.name(), State.NATIVE, "", model)
                    : new Outcome(test.name(), State.FALLBACK, String.join(", ", fallbacks), model);
        } catch (UnsupportedModelException e) {
            return new Outcome(test.name(), State.UNSUPPORTED, firstLine(e.getMessage()), model);
        } catch (RuntimeException e) {
            String reason = e.getClass().getSimpleName() + ": " + firstLine(e.getMessage());
            return new Outcome(test.name(), State.ERROR, reason, model);
        }
    }

    /// The outcome, with what a native operator's gradient is like.
    static Outcome withGradient(ConformanceCase test, Outcome outcome) {
        if (outcome.state() != State.NATIVE) {
            return outcome;
        }
        return Gradient.of(test)
                .map(verdict -> switch (verdict) {
                    case Gradient.Verdict.None _ -> "none";
                    case Gradient.Verdict.Agrees _ -> "checked";
                    case Gradient.Verdict.Differs(double analytic, double quotient) ->
                        "differs: %.6g, difference quotient %.6g".formatted(analytic, quotient);
                    case Gradient.Verdict.Unchecked _, Gradient.Verdict.Lost _ -> "flows";
                })
                .map(outcome::withGradient)
                .orElse(outcome);
    }

    private static String firstLine(@Nullable String message) {
        return String.valueOf(message).lines().findFirst().orElse("");
    }

    private static List<String> differences(Model model, Executor executor, ConformanceCase.DataSet data) {
        Map<String, TensorData> fed = new LinkedHashMap<>();
        List<Value> required = model.graph().requiredInputs();
        List<Value> inputs = data.inputs().size() <= required.size()
                ? required
                : model.graph().inputs();
        for (int i = 0; i < data.inputs().size(); i++) {
            fed.put(inputs.get(i).name(), data.inputs().get(i));
        }
        Map<String, TensorData> answers = executor.run(fed);
        boolean random = Applicability.nodes(model.graph()).anyMatch(CaseRunner::isRandom);
        boolean cancels =
                Applicability.nodes(model.graph()).map(Node::qualifiedType).anyMatch(CANCELLING::contains);
        List<String> differences = new ArrayList<>();
        for (int i = 0; i < data.outputs().size(); i++) {
            Value output = model.graph().outputs().get(i);
            TensorData expected = data.outputs().get(i);
            TensorData actual = Objects.requireNonNull(answers.get(output.name()));
            Optional<String> difference = random
                    ? Agreement.shapeDifference(expected, actual)
                    : Agreement.difference(expected, actual, cancels);
            difference.ifPresent(text -> differences.add(output.name() + ": " + text));
        }
        return differences;
    }

    /// Whether the node draws numbers; a Dropout does while training, except where it drops nothing.
    static boolean isRandom(Node node) {
        boolean drops = node.qualifiedType().equals("Dropout") && node.input(2).isPresent();
        return RANDOM.contains(node.qualifiedType()) || drops;
    }
}
