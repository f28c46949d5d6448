package ai.vernier.calibrate;

import ai.vernier.observe.Statistics;
import ai.vernier.observe.TensorStatistics;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.Granularity;
import ai.vernier.quant.Granules;
import ai.vernier.quant.QuantSpec;
import ai.vernier.quant.RangeToEncoding;
import ai.vernier.quant.RealRange;
import ai.vernier.recipe.Decision;
import ai.vernier.recipe.Plan;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The grids of the tensors that lead: those with a range of their own, measured or fixed.
final class LeaderGrids {
    private final Map<String, TensorData> initializers;
    private final Statistics statistics;
    private final SharedGrids grids;
    private final RangeToEncoding rule;
    private final RangeChooser chooser;

    LeaderGrids(Model model, Statistics statistics, SharedGrids grids, RangeToEncoding rule) {
        this.initializers = model.graph().initializers();
        this.statistics = statistics;
        this.grids = grids;
        this.rule = rule;
        this.chooser = new RangeChooser(rule);
    }

    private record Entry(String tensor, Encoding encoding) {}

    /// The leaders of `plan` and their grids, in plan order. Tensors are independent of each other, so
    /// they are spread over the cores.
    Map<String, Encoding> of(Plan plan) {
        List<Entry> entries = plan.quantized().parallelStream()
                .flatMap(
                        tensor -> encoding(tensor, plan.decision(tensor)).map(grid -> new Entry(tensor, grid)).stream())
                .toList();
        Map<String, Encoding> encodings = new LinkedHashMap<>();
        entries.forEach(entry -> encodings.put(entry.tensor(), entry.encoding()));
        return encodings;
    }

    /// One sentence for every calibrated tensor of which no value was seen.
    List<String> unseen(Plan plan) {
        return plan.quantized().stream()
                .filter(tensor -> plan.decision(tensor) instanceof Decision.Calibrated && !isWeight(tensor))
                .filter(tensor -> merged(grids.sources(tensor)).range().isEmpty())
                .map("'%s': calibration saw no value of it; its range is taken as empty"::formatted)
                .toList();
    }

    private Optional<Encoding> encoding(String tensor, Decision decision) {
        return switch (decision) {
            case Decision.Calibrated(QuantSpec spec, String method, String _) ->
                Optional.of(rule.encoding(spec, ranges(tensor, spec, RangeMethod.parse(method))));
            case Decision.Fixed(QuantSpec spec, double min, double max, String _) ->
                Optional.of(rule.encoding(spec, new RealRange(min, max)));
            case Decision.SameAs _, Decision.AccumulatorBias _, Decision.KeepFloat _ -> Optional.empty();
        };
    }

    private List<RealRange> ranges(String tensor, QuantSpec spec, RangeMethod method) {
        TensorData weight = initializers.get(tensor);
        if (weight != null && isWeight(tensor)) {
            return Arrays.stream(perGranule(weight, spec.granularity()))
                    .parallel()
                    .map(values -> chooser.choose(method, spec, values))
                    .toList();
        }
        if (!(spec.granularity() instanceof Granularity.PerTensor)) {
            throw new IllegalArgumentException(
                    "'%s' is measured as a whole, its plan asks for %s".formatted(tensor, spec));
        }
        return List.of(chooser.choose(method, spec, merged(grids.sources(tensor))));
    }

    /// Whether the values of `tensor` are known and no measured tensor shares its grid.
    private boolean isWeight(String tensor) {
        return initializers.containsKey(tensor) && grids.sources(tensor).equals(List.of(tensor));
    }

    private TensorStatistics merged(List<String> sources) {
        TensorStatistics merged = TensorStatistics.EMPTY;
        for (String source : sources) {
            TensorData known = initializers.get(source);
            merged = merged.merge(known == null ? statistics.tensor(source) : TensorStatistics.of(known.toFloats()));
        }
        return merged;
    }

    private static float[][] perGranule(TensorData weight, Granularity granularity) {
        float[] values = weight.toFloats();
        Granules granules = Granules.of(weight.dims(), granularity);
        int[] sizes = new int[granules.count()];
        granules.forEachRun(run -> {
            for (int i = 0; i < run.length(); i++) {
                sizes[run.granule() + i * run.step()]++;
            }
        });
        float[][] split = Arrays.stream(sizes).mapToObj(float[]::new).toArray(float[][]::new);
        int[] filled = new int[sizes.length];
        granules.forEachRun(run -> {
            for (int i = 0; i < run.length(); i++) {
                int granule = run.granule() + i * run.step();
                split[granule][filled[granule]++] = values[run.start() + i];
            }
        });
        return split;
    }
}
