package ai.vernier.bench;

import ai.vernier.engine.DeviceChoice;
import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.Executor;
import ai.vernier.engine.ort.OrtModel;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/// Times the float forward pass of the engine against ONNX Runtime's, in alternating blocks of one process, and prints
/// a
/// Markdown table: `ForwardBench FOLDER-WITH-MODELS [THREADS]`.
///
/// A block begins with unmeasured runs, because the other library's threads may still be spinning.
public final class ForwardBench {
    private static final int BLOCKS = 12;
    private static final int WARM_UP = 4;
    private static final int MEASURED = 8;

    private ForwardBench() {}

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Case(String file, String input, long[] sample, int batch) {
        long[] dims() {
            return new long[] {batch, sample[0], sample[1], sample[2]};
        }
    }

    public static void main(String[] args) throws InterruptedException {
        Path folder = Path.of(args[0]);
        int threads = args.length > 1 ? Integer.parseInt(args[1]) : 2;
        System.out.println("| model | batch | threads | ONNX Runtime, ms | Vernier, ms | ratio |");
        System.out.println("|---|--:|--:|--:|--:|--:|");
        for (Case each : cases()) {
            System.out.println(row(each, folder, threads));
        }
    }

    private static List<Case> cases() {
        return List.of(
                new Case("mobilenetv2_1.0_224", "input", new long[] {3, 224, 224}, 1),
                new Case("mobilenetv2_1.0_224", "input", new long[] {3, 224, 224}, 8),
                new Case("yolox_nano_416", "images", new long[] {3, 416, 416}, 1),
                new Case("resnet20", "input", new long[] {3, 32, 32}, 1),
                new Case("resnet20", "input", new long[] {3, 32, 32}, 8));
    }

    private static String row(Case each, Path folder, int threads) throws InterruptedException {
        Path file = folder.resolve(each.file + ".onnx");
        Model model = OnnxReader.read(file);
        Map<String, TensorData> inputs = Map.of(each.input, random(each.dims()));
        List<Double> theirs = new ArrayList<>();
        List<Double> ours = new ArrayList<>();
        try (OrtModel judge = OrtModel.open(file, threads);
                Executor executor = Executor.compile(model, new EngineOptions(DeviceChoice.CPU, threads))) {
            for (int block = 0; block < BLOCKS; block++) {
                measure(() -> judge.run(inputs), theirs);
                measure(() -> executor.run(inputs), ours);
            }
        }
        double ort = median(theirs);
        double vernier = median(ours);
        return String.format(
                Locale.ROOT,
                "| %s | %d | %d | %.2f | %.2f | %.2f |",
                each.file,
                each.batch,
                threads,
                ort,
                vernier,
                vernier / ort);
    }

    private static void measure(Runnable pass, List<Double> milliseconds) throws InterruptedException {
        Thread.sleep(30);
        for (int i = 0; i < WARM_UP + MEASURED; i++) {
            long start = System.nanoTime();
            pass.run();
            if (i >= WARM_UP) {
                milliseconds.add((System.nanoTime() - start) / 1e6);
            }
        }
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }

    private static TensorData random(long[] dims) {
        Random random = new Random(1);
        float[] values = new float[Math.toIntExact(TensorData.elementCount(dims))];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return TensorData.ofFloats(values, dims);
    }
}
