package ai.vernier.pipeline;

import ai.vernier.algorithm.BiasCorrection;
import ai.vernier.calibrate.CalibrationNeeds;
import ai.vernier.calibrate.Calibrator;
import ai.vernier.calibrate.QuantizedModel;
import ai.vernier.data.ProgressListener;
import ai.vernier.data.SampleSource;
import ai.vernier.engine.EngineOptions;
import ai.vernier.observe.Collector;
import ai.vernier.observe.Statistics;
import ai.vernier.observe.StatisticsRequest;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.rewrite.PassLog;
import ai.vernier.onnx.rewrite.PassResult;
import ai.vernier.recipe.Plan;
import ai.vernier.recipe.PlanResolver;
import ai.vernier.recipe.Recipe;
import ai.vernier.target.Target;
import java.util.Map;

/// A finished quantization, with the record of every stage that led to it.
///
///     model ─passes─▶ prepared ─plan─▶ needs ─collect(samples)─▶ statistics ─calibrate─▶ quantized
///         ─correct biases─▶ quantized
///
/// @param quantized prepared model, plan and grids
/// @param passes what the preparing passes did, and why they did not do more
/// @param recipe what was asked for, every default spelled out
/// @param calibrationSamples samples that the statistics were collected from
/// @param seconds wall time by stage: prepare, plan, collect, calibrate, correct
public record Quantization(
        QuantizedModel quantized, PassLog passes, Recipe recipe, long calibrationSamples, Map<String, Double> seconds) {

    /// The data-free rewrites that a model gets before it is planned.
    public static PassResult prepare(Model model, Recipe recipe) {
        return recipe.preparation().passes().apply(model);
    }

    /// The grid of each tensor of a prepared model.
    ///
    /// @throws ai.vernier.onnx.InvalidInputException where the recipe names what the model does not have, or asks
    ///     for what the target cannot do
    public static Plan plan(Model prepared, Recipe recipe) {
        return PlanResolver.resolve(recipe, prepared, Target.load(recipe.target()));
    }

    /// Quantizes `model` as `recipe` says, with one pass over `samples`.
    ///
    /// @throws ai.vernier.onnx.InvalidInputException where recipe, model and samples do not fit each other, or the
    ///     data holds NaN or infinities; all problems found are listed
    /// @throws ai.vernier.onnx.UnsupportedModelException where the model has something that cannot be executed
    public static Quantization of(Model model, Recipe recipe, Calibration calibration) {
        Stopwatch stopwatch = new Stopwatch();
        PassResult prepared = stopwatch.time("prepare", () -> prepare(model, recipe));
        Plan plan = stopwatch.time("plan", () -> plan(prepared.model(), recipe));
        StatisticsRequest needs = CalibrationNeeds.of(prepared.model(), plan);
        SampleSource samples = recipe.samples() == 0
                ? calibration.samples()
                : calibration.samples().limit(recipe.samples());
        int batch = Math.min(recipe.batch(), samples.maxBatch());
        Statistics statistics = stopwatch.time(
                "collect",
                () -> new Collector(calibration.engine(), batch, calibration.progress())
                        .collect(prepared.model(), needs, samples));
        QuantizedModel quantized =
                stopwatch.time("calibrate", () -> new Calibrator().calibrate(prepared.model(), plan, statistics));
        QuantizedModel finished = recipe.biasCorrection()
                ? stopwatch.time("correct", () -> new BiasCorrection(calibration.engine()).apply(quantized, samples))
                : quantized;
        return new Quantization(finished, prepared.log(), recipe, samples.size(), stopwatch.seconds());
    }

    /// What a quantization calibrates on, and how.
    public record Calibration(SampleSource samples, EngineOptions engine, ProgressListener progress) {}
}
