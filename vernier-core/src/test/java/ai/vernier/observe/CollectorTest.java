package ai.vernier.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.data.ProgressListener;
import ai.vernier.data.SampleSource;
import ai.vernier.engine.DeviceChoice;
import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.Executor;
import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Dimension;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// x → Conv → y → Relu → z → GlobalMaxPool → p; y and z are graph outputs too, so what was counted can be
/// recounted.
class CollectorTest {
    private static final int SAMPLES = 7;
    private static final Set<StatisticKind> ALL = Set.of(StatisticKind.values());
    private static final StatisticsRequest REQUEST =
            new StatisticsRequest(Map.of("x", ALL, "y", ALL, "z", ALL, "p", Set.of()));

    private static Model model() {
        Shape shape = Shape.of(1, 16, 33, 31).with(0, new Dimension.Symbolic("N"));
        Graph graph = new Graph(
                "test",
                List.of(Value.tensor("x", DataType.FLOAT, shape)),
                List.of(
                        Value.tensor("y", DataType.FLOAT, shape),
                        Value.tensor("z", DataType.FLOAT, shape),
                        Value.tensor("p", DataType.FLOAT, Shape.of(1, 16, 1, 1).with(0, new Dimension.Unknown()))),
                List.of(
                        Node.of("conv", "Conv", List.of("x", "w"), List.of("y"))
                                .withAttribute("group", new Attribute.IntValue(16))
                                .withAttribute("pads", new Attribute.IntsValue(List.of(1L, 1L, 1L, 1L))),
                        Node.of("relu", "Relu", List.of("y"), List.of("z")),
                        Node.of("pool", "GlobalMaxPool", List.of("z"), List.of("p"))),
                Map.of("w", random(1, 16, 1, 3, 3)),
                List.of(),
                Details.NONE);
        return Model.of(graph, 17);
    }

    private static TensorData random(long seed, long... dims) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[(int) TensorData.elementCount(dims)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return TensorData.ofFloats(values, dims);
    }

    private static TensorData samples() {
        return random(2, SAMPLES, 16, 33, 31);
    }

    private static Statistics collect(TensorData samples, int batchSize, int threads) {
        EngineOptions options = new EngineOptions(DeviceChoice.CPU, threads);
        Collector collector = new Collector(options, batchSize, ProgressListener.SILENT);
        return collector.collect(model(), REQUEST, SampleSource.of(Map.of("x", samples)));
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "3, 2", "7, 1", "100, 2"})
    void everyValueIsCountedOnceWhateverBatchesAndThreads(int batchSize, int threads) {
        Statistics statistics = collect(samples(), batchSize, threads);
        assertThat(statistics.samples()).isEqualTo(SAMPLES);
        assertThat(statistics.tensors()).containsOnlyKeys("x", "y", "z", "p");
        Map<String, TensorData> values;
        try (Executor executor = Executor.compile(model(), EngineOptions.DEFAULT)) {
            values = executor.run(Map.of("x", samples()));
        }
        assertThat(statistics.tensor("x").histogram())
                .isEqualTo(Histogram.of(samples().toFloats()));
        values.forEach(
                (name, tensor) -> assertThat(statistics.tensor(name).range()).isEqualTo(Range.of(tensor.toFloats())));
        for (String name : List.of("y", "z")) {
            float[] computed = Objects.requireNonNull(values.get(name)).toFloats();
            assertThat(statistics.tensor(name).histogram()).isEqualTo(Histogram.of(computed));
        }
        assertThat(statistics.tensor("p").histogram()).isEqualTo(Histogram.EMPTY);
    }

    @Test
    void batchRangesAreKeyedByTheirFirstSample() {
        Statistics statistics = collect(samples(), 3, 1);
        BatchRanges batches = statistics.tensor("x").batches();
        assertThat(batches.batches()).containsOnlyKeys(0L, 3L, 6L);
        float[] values = samples().toFloats();
        float[] last = Arrays.copyOfRange(values, values.length / SAMPLES * 6, values.length);
        assertThat(batches.batches()).containsEntry(6L, Range.of(last));
        assertThat(statistics.tensor("p").batches()).isEqualTo(BatchRanges.EMPTY);
    }

    @Test
    void twoHalvesMergeToTheWhole() {
        EngineOptions options = new EngineOptions(DeviceChoice.CPU, 1);
        Collector collector = new Collector(options, 1, ProgressListener.SILENT);
        SampleSource source = SampleSource.of(Map.of("x", samples()));
        Statistics first = collector.collect(model(), REQUEST, source.range(0, 4));
        Statistics second = collector.collect(model(), REQUEST, source.range(4, 3));
        Statistics whole = collector.collect(model(), REQUEST, source);
        for (String name : List.of("x", "y", "z")) {
            TensorStatistics merged = second.tensor(name).merge(first.tensor(name));
            assertThat(merged.histogram()).isEqualTo(whole.tensor(name).histogram());
            assertThat(merged.range()).isEqualTo(whole.tensor(name).range());
        }
    }

    @Test
    void aValueThatIsNotFiniteIsNamedWithItsSamples() {
        float[] values = samples().toFloats();
        values[values.length / SAMPLES * 4 + 5] = Float.NaN;
        TensorData broken = TensorData.ofFloats(values, samples().dims());
        assertThatThrownBy(() -> collect(broken, 2, 1))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("'x' becomes NaN for a sample in 4 … 5");
    }

    @Test
    void progressIsReportedInSamples() {
        List<String> heard = new ArrayList<>();
        ProgressListener listener = new ProgressListener() {
            @Override
            public void started(String stage, long total) {
                heard.add(stage + " " + total);
            }

            @Override
            public void advanced(long done) {
                heard.add("" + done);
            }

            @Override
            public void finished() {
                heard.add("finished");
            }
        };
        new Collector(EngineOptions.DEFAULT, 3, listener)
                .collect(model(), REQUEST, SampleSource.of(Map.of("x", samples())));
        assertThat(heard).containsExactly("Calibrate 7", "3", "6", "7", "finished");
    }

    @Test
    void nothingRunsWhereNothingIsRequested() {
        Collector collector = new Collector(EngineOptions.DEFAULT, 3, ProgressListener.SILENT);
        SampleSource source = SampleSource.of(Map.of("x", samples()));
        assertThat(collector.collect(model(), new StatisticsRequest(Map.of()), source))
                .isEqualTo(Statistics.EMPTY);
    }
}
