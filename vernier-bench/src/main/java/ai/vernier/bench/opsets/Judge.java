package ai.vernier.bench.opsets;

import ai.vernier.engine.DeviceChoice;
import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.Executor;
import ai.vernier.engine.ort.OrtModel;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.onnx.io.OnnxWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// Runs a node on the engine, step by step and replayed, and in ONNX Runtime, and compares the outputs.
///
/// Types that do not cross ONNX Runtime's Java border are cast in its model: integers come and go as int64, small
/// floats
/// as float32.
final class Judge {
    private static final EngineOptions OPTIONS = new EngineOptions(DeviceChoice.CPU, 1);

    private final Sketch sketch;
    private Map<String, DataType> types = Map.of();

    private Judge(Sketch sketch) {
        this.sketch = sketch;
    }

    static Verdict of(Sketch sketch) {
        return new Judge(sketch).verdict();
    }

    private Verdict verdict() {
        Map<String, TensorData> expected;
        try {
            expected = theirs();
        } catch (UnsupportedModelException e) {
            return withoutJudge(Texts.inOneLine(e));
        }
        try {
            return difference(expected, ours())
                    .<Verdict>map(Verdict.Differs::new)
                    .orElseGet(Verdict.Agrees::new);
        } catch (InvalidInputException | UnsupportedModelException e) {
            return new Verdict.Differs("refused: " + Texts.inOneLine(e));
        } catch (RuntimeException e) {
            return new Verdict.Differs("fails: " + e);
        }
    }

    private Verdict withoutJudge(String reason) {
        try {
            ours();
            return new Verdict.Unjudged(reason);
        } catch (InvalidInputException | UnsupportedModelException e) {
            String text = Texts.inOneLine(e);
            return Texts.isClear(text) ? new Verdict.Refused(text, reason) : new Verdict.Differs("unclear: " + text);
        } catch (RuntimeException e) {
            return new Verdict.Differs("fails: " + e);
        }
    }

    private Map<String, TensorData> ours() {
        try (Executor executor = Executor.compile(sketch.model(types), OPTIONS)) {
            if (!executor.fallbackOperators().isEmpty()) {
                throw new UnsupportedModelException("falls back");
            }
            Map<String, TensorData> first = crossed(executor.run(sketch.fed()));
            Map<String, TensorData> second = crossed(executor.run(sketch.fed()));
            Optional<String> changed = sketch.isShapesOnly() ? Optional.empty() : difference(first, second);
            if (changed.isPresent()) {
                throw new IllegalStateException("replayed: " + changed.get());
            }
            return first;
        }
    }

    // ---- ONNX Runtime

    /// What ONNX Runtime computes in the node's own types and opset, or in the first that it has a kernel for.
    private Map<String, TensorData> theirs() {
        try {
            try (OrtModel plain = OrtModel.open(OnnxWriter.toBytes(sketch.model(Map.of())), 1)) {
                types = plain.outputTypes();
            }
            return run(JudgeModel.of(sketch, types));
        } catch (UnsupportedModelException first) {
            if (!String.valueOf(first.getMessage()).contains("NOT_IMPLEMENTED")) {
                throw first;
            }
            for (Substitute substitute : Substitute.candidates(sketch)) {
                try {
                    types = substitute.outputTypes(sketch);
                    sketch.judgedInFloat();
                    return run(substitute.model(sketch));
                } catch (UnsupportedModelException _) {
                    // the next one, and in the end the first complaint
                }
            }
            throw first;
        }
    }

    private Map<String, TensorData> run(Model model) {
        Map<String, TensorData> fed = new LinkedHashMap<>();
        sketch.fed().forEach((name, value) -> fed.put(name, Crossing.over(value)));
        try (OrtModel judge = OrtModel.open(OnnxWriter.toBytes(model), 1)) {
            return judge.run(fed);
        }
    }

    // ---- comparison

    private static Map<String, TensorData> crossed(Map<String, TensorData> found) {
        Map<String, TensorData> crossed = new LinkedHashMap<>();
        found.forEach((name, value) -> crossed.put(name, Crossing.over(value)));
        return crossed;
    }

    private Optional<String> difference(Map<String, TensorData> expected, Map<String, TensorData> found) {
        for (Map.Entry<String, TensorData> entry : expected.entrySet()) {
            TensorData value = Objects.requireNonNull(found.get(entry.getKey()));
            Optional<String> difference = Difference.of(entry.getValue(), value, sketch);
            if (difference.isPresent()) {
                return Optional.of(entry.getKey() + ": " + difference.get());
            }
        }
        return Optional.empty();
    }
}
