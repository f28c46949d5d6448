package ai.vernier.bench;

import ai.vernier.bench.Race.Contestant;
import ai.vernier.calibrate.CalibrationNeeds;
import ai.vernier.calibrate.Calibrator;
import ai.vernier.data.Batch;
import ai.vernier.data.DataSources;
import ai.vernier.data.ModelInputs;
import ai.vernier.data.ProgressListener;
import ai.vernier.data.SampleSource;
import ai.vernier.engine.DeviceChoice;
import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.Executor;
import ai.vernier.engine.ort.OrtModel;
import ai.vernier.observe.Collector;
import ai.vernier.observe.Statistics;
import ai.vernier.observe.StatisticsRequest;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.io.OnnxReader;
import ai.vernier.passes.Preparation;
import ai.vernier.pipeline.Forward;
import ai.vernier.recipe.Plan;
import ai.vernier.recipe.PlanResolver;
import ai.vernier.recipe.Recipe;
import ai.vernier.recipe.Setting;
import ai.vernier.target.Target;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// What calibration costs: its pass over the data against a bare ONNX Runtime float pass over the same samples, in the
/// same batches with the same threads, in turns.
///
///     CalibrationBench MODEL.onnx DATA.npy [THREADS [BATCH]]
///
/// The rows: ONNX Runtime alone; our engine alone; then for each range method the whole collection (compiling the
/// model, running it, counting) and, as its own row, the choice of ranges from what was collected.
public final class CalibrationBench {
    private static final List<String> METHODS = List.of("minmax", "percentile", "sqnr");
    private static final int ROUNDS = 5;

    private final Path file;
    private final Model model;
    private final SampleSource samples;
    private final EngineOptions engine;
    private final int batch;

    private CalibrationBench(Path file, Path data, EngineOptions engine, int batch) {
        this.file = file;
        this.model = Preparation.STANDARD.passes().apply(OnnxReader.read(file)).model();
        this.samples = DataSources.open(data, ModelInputs.of(model));
        this.engine = engine;
        this.batch = batch;
    }

    public static void main(String[] args) {
        if (args.length < 2 || args.length > 4) {
            throw new IllegalArgumentException("usage: CalibrationBench MODEL.onnx DATA.npy [THREADS [BATCH]]");
        }
        int threads = args.length > 2 ? Integer.parseInt(args[2]) : 2;
        int batch = args.length > 3 ? Integer.parseInt(args[3]) : defaults().batch();
        EngineOptions engine = new EngineOptions(DeviceChoice.CPU, threads);
        new CalibrationBench(Path.of(args[0]), Path.of(args[1]), engine, batch).run(System.out);
    }

    private static Recipe defaults() {
        return Recipe.defaults(Target.load(Target.GENERIC_INT8));
    }

    private void run(PrintStream out) {
        try (OrtModel ort = OrtModel.open(file, engine.threads());
                Executor executor = Executor.compile(model, engine)) {
            List<Contestant> contestants = new ArrayList<>();
            contestants.add(new Contestant("ONNX Runtime, float", () -> pass(ort::run)));
            contestants.add(new Contestant("engine, float", () -> pass(executor::run)));
            METHODS.forEach(method -> contestants.addAll(calibration(method)));
            List<Race.Result> results = new Race(contestants, ROUNDS).run();
            out.printf(
                    "%s, %d samples, batch %d, %d threads, %d rounds%n%n%s",
                    file.getFileName(), samples.size(), batch, engine.threads(), ROUNDS, Race.markdown(results));
        }
    }

    private void pass(Forward forward) {
        for (Batch next : samples.batches(batch)) {
            forward.run(next.inputs());
        }
    }

    private List<Contestant> calibration(String method) {
        Recipe recipe = defaults().with(new Setting.ActivationMethod(method));
        Plan plan = PlanResolver.resolve(recipe, model, Target.load(recipe.target()));
        StatisticsRequest needs = CalibrationNeeds.of(model, plan);
        Collector collector = new Collector(engine, batch, ProgressListener.SILENT);
        Statistics statistics = collector.collect(model, needs, samples);
        return List.of(
                new Contestant(method + ": collect", () -> collector.collect(model, needs, samples)),
                new Contestant(method + ": calibrate", () -> new Calibrator().calibrate(model, plan, statistics)));
    }
}
