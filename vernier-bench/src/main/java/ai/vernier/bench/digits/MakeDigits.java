package ai.vernier.bench.digits;

import ai.vernier.data.Npy;
import ai.vernier.engine.ort.OrtModel;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxWriter;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.global.torch;

/// Makes the bundled example anew: `MakeDigits OUT_DIR` draws the data sets, trains the network, exports it, checks the
/// export in ONNX Runtime and writes `digits.onnx`, `calibration.npy`, `evaluation.npy`, `labels.npy` and `README.md`.
public final class MakeDigits {
    static final int CALIBRATION_COUNT = 128;
    static final int EVALUATION_COUNT = 800;

    private static final long TRAINING_SEED = 1;
    static final long CALIBRATION_SEED = 2;
    static final long EVALUATION_SEED = 3;
    private static final long WEIGHT_SEED = 4;
    private static final Training TRAINING = new Training(1200, 128, 0.006);

    /// Fixed, since the order of LibTorch's sums, and with it the weights, follows the number of threads. Drawing the
    /// next digits uses the other cores.
    private static final int THREADS = 1;

    /// Float32 round-off of some thirty layers on logits of magnitude 10 stays ten times below this.
    private static final float LOGIT_TOLERANCE = 1e-3f;

    private final Path directory;
    private final PrintStream log;

    private MakeDigits(Path directory, PrintStream log) {
        this.directory = directory;
        this.log = log;
    }

    public static void main(String[] args) throws IOException {
        if (args.length != 1) {
            throw new IllegalArgumentException("usage: MakeDigits OUT_DIR");
        }
        new MakeDigits(Files.createDirectories(Path.of(args[0])), System.out).make();
    }

    private void make() throws IOException {
        DigitSet calibration = new Digits(CALIBRATION_SEED).draw(0, CALIBRATION_COUNT);
        DigitSet evaluation = new Digits(EVALUATION_SEED).draw(0, EVALUATION_COUNT);
        Npy.write(directory.resolve("calibration.npy"), calibration.images());
        Npy.write(directory.resolve("evaluation.npy"), evaluation.images());
        Npy.write(directory.resolve("labels.npy"), evaluation.labels());
        torch.set_num_threads(THREADS);
        torch.manual_seed(WEIGHT_SEED);
        try (DigitNetwork network = new DigitNetwork(Architecture.layers())) {
            train(network);
            export(network, evaluation);
        }
    }

    private void train(DigitNetwork network) {
        long start = System.nanoTime();
        TRAINING.run(network, new Digits(TRAINING_SEED), step -> {
            if (step % 100 == 0) {
                log.printf(Locale.ROOT, "step %d of %d, %.0f s%n", step, TRAINING.steps(), seconds(start));
            }
        });
    }

    private static double seconds(long startNanos) {
        return (System.nanoTime() - startNanos) / 1e9;
    }

    private void export(DigitNetwork network, DigitSet evaluation) throws IOException {
        Model model = OnnxExport.model(Architecture.layers(), network.weights());
        Path file = directory.resolve("digits.onnx");
        OnnxWriter.write(model, file);
        TensorData logits = onnxRuntimeLogits(file, evaluation.images());
        requireClose(logits, network.infer(evaluation.images()));
        double accuracy = evaluation.accuracy(logits);
        Files.writeString(
                directory.resolve("README.md"), ExampleReadme.text(network.parameterCount(), accuracy, TRAINING));
        log.printf(Locale.ROOT, "%s: top-1 %.4f, %d bytes%n", file, accuracy, Files.size(file));
    }

    /// What ONNX Runtime makes of the images.
    static TensorData onnxRuntimeLogits(Path model, TensorData images) {
        try (OrtModel judge = OrtModel.open(model, 1)) {
            return Objects.requireNonNull(
                    judge.run(Map.of(OnnxExport.INPUT, images)).get(OnnxExport.OUTPUT));
        }
    }

    private static void requireClose(TensorData found, TensorData expected) {
        float worst = 0;
        for (long i = 0; i < expected.elementCount(); i++) {
            worst = Math.max(worst, Math.abs(found.floatAt(i) - expected.floatAt(i)));
        }
        if (!(worst <= LOGIT_TOLERANCE)) {
            throw new IllegalStateException("ONNX Runtime and LibTorch differ by " + worst + " on the exported model");
        }
    }
}
