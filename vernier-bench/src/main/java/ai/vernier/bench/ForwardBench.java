package ai.vernier.bench;

import ai.vernier.engine.DeviceChoice;
import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.Executor;
import ai.vernier.engine.ort.OrtModel;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxReader;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Times the float forward pass of the engine against ONNX Runtime's on every model of a folder, in alternating blocks
/// of one process, and prints a Markdown table: `ForwardBench FOLDER-WITH-MODELS [THREADS [PART-OF-THE-NAME]]`.
///
/// A block begins with unmeasured runs, because the other library's threads may still be spinning.
public final class ForwardBench {
    private static final int BLOCKS = 10;
    private static final int LARGE_BATCH = 8;
    private static final double WARM_UP_MILLISECONDS = 20;
    private static final double BLOCK_MILLISECONDS = 60;
    private static final int MIN_RUNS = 4;

    /// Java compiles what it calls ten thousand times; small models must get there before the clock starts.
    private static final double FIRST_MILLISECONDS = 2000;

    private static final OperatingSystemMXBean PROCESS =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private ForwardBench() {}

    /// What was measured of one library on one model.
    private static final class Times {
        private final List<Double> wall = new ArrayList<>();
        private double processor;

        double least() {
            return wall.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
        }

        double median() {
            return wall.stream().sorted().toList().get(wall.size() / 2);
        }

        double processor() {
            return processor / wall.size();
        }
    }

    private record Row(String name, int batch, Times theirs, Times ours) {
        double ratio(ToDoubleFunction<Times> of) {
            return of.applyAsDouble(ours) / of.applyAsDouble(theirs);
        }

        String text() {
            return String.format(
                    Locale.ROOT,
                    "| %s | %d | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f |",
                    name,
                    batch,
                    theirs.median(),
                    ours.median(),
                    ratio(Times::median),
                    theirs.least(),
                    ours.least(),
                    ratio(Times::least),
                    theirs.processor(),
                    ours.processor(),
                    ratio(Times::processor));
        }
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        int threads = args.length > 1 ? Integer.parseInt(args[1]) : 2;
        String part = args.length > 2 ? args[2] : "";
        System.out.printf(
                Locale.ROOT,
                "%d threads, milliseconds: ONNX Runtime, Vernier, ratio of the medians, the least, the processor time%n%n",
                threads);
        System.out.println("| model | batch | ORT | Vernier | ratio | least | | ratio | processor | | ratio |");
        System.out.println("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        List<Row> rows = new ArrayList<>();
        for (Path file : models(Path.of(args[0]), part)) {
            Model model = OnnxReader.read(file);
            for (int batch : RandomFeeds.hasDynamicBatch(model) ? new int[] {1, LARGE_BATCH} : new int[] {1}) {
                Row row = measure(file, model, batch, threads);
                rows.add(row);
                System.out.println(row.text());
            }
        }
        System.out.printf(
                Locale.ROOT,
                "%nGeometric means of the ratios: median %.2f, least %.2f, processor time %.2f%n",
                geometricMean(rows, Times::median),
                geometricMean(rows, Times::least),
                geometricMean(rows, Times::processor));
    }

    private static List<Path> models(Path folder, String part) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".onnx"))
                    .filter(file -> file.getFileName().toString().contains(part))
                    .sorted()
                    .toList();
        }
    }

    private static Row measure(Path file, Model model, int batch, int threads) throws InterruptedException {
        String name = file.getFileName().toString().replace(".onnx", "");
        Map<String, TensorData> feeds = RandomFeeds.of(name, model, batch);
        Row row = new Row(name, batch, new Times(), new Times());
        try (OrtModel judge = OrtModel.open(file, threads);
                Executor executor = Executor.compile(model, new EngineOptions(DeviceChoice.CPU, threads))) {
            run(() -> judge.run(feeds), FIRST_MILLISECONDS);
            run(() -> executor.run(feeds), FIRST_MILLISECONDS);
            for (int block = 0; block < BLOCKS; block++) {
                measure(() -> judge.run(feeds), row.theirs);
                measure(() -> executor.run(feeds), row.ours);
            }
        }
        return row;
    }

    private static void measure(Runnable pass, Times times) throws InterruptedException {
        Thread.sleep(30); // the other library's threads fall asleep
        run(pass, WARM_UP_MILLISECONDS);
        long processor = PROCESS.getProcessCpuTime();
        times.wall.addAll(run(pass, BLOCK_MILLISECONDS));
        times.processor += (PROCESS.getProcessCpuTime() - processor) / 1e6;
    }

    private static List<Double> run(Runnable pass, double milliseconds) {
        List<Double> wall = new ArrayList<>();
        long start = System.nanoTime();
        while (wall.size() < MIN_RUNS || (System.nanoTime() - start) / 1e6 < milliseconds) {
            long before = System.nanoTime();
            pass.run();
            wall.add((System.nanoTime() - before) / 1e6);
        }
        return wall;
    }

    private static double geometricMean(List<Row> rows, ToDoubleFunction<Times> of) {
        return Math.exp(IntStream.range(0, rows.size())
                .mapToDouble(i -> Math.log(rows.get(i).ratio(of)))
                .average()
                .orElse(Double.NaN));
    }
}
