package ai.vernier.calibrate;

import ai.vernier.observe.BatchRanges;
import ai.vernier.observe.Histogram;
import ai.vernier.observe.Range;
import ai.vernier.observe.TensorStatistics;
import ai.vernier.quant.QuantSpec;
import ai.vernier.quant.RangeToEncoding;
import ai.vernier.quant.RealRange;

/// Applies a [RangeMethod]: the range of reals that the grid of a tensor is to cover. Never wider than
/// the values.
///
/// @param rule how ranges become grids, which the error-minimizing methods need to know
record RangeChooser(RangeToEncoding rule) {
    /// From the statistics of an activation, which hold what the method needs; [0, 0] where nothing was
    /// seen.
    RealRange choose(RangeMethod method, QuantSpec spec, TensorStatistics statistics) {
        if (statistics.range().isEmpty()) {
            return new RealRange(0, 0);
        }
        return switch (method) {
            case RangeMethod.Extrema() -> statistics.range().toRealRange();
            case RangeMethod.MovingAverage(double momentum) -> movingAverage(statistics.batches(), momentum);
            case RangeMethod.Percentile(double percent) ->
                percentile(statistics.histogram(), statistics.range(), percent);
            case RangeMethod.Mse() -> leastError(spec, statistics, 1);
            case RangeMethod.Sqnr(double gamma) -> leastError(spec, statistics, gamma);
        };
    }

    /// From the values of one granule of a weight: all finite.
    RealRange choose(RangeMethod method, QuantSpec spec, float[] values) {
        if (values.length == 0) {
            return new RealRange(0, 0);
        }
        Range range = Range.of(values);
        return switch (method) {
            case RangeMethod.Extrema() -> range.toRealRange();
            case RangeMethod.MovingAverage(double _) -> range.toRealRange();
            case RangeMethod.Percentile(double percent) -> percentile(Histogram.of(values), range, percent);
            case RangeMethod.Mse() -> new RangeSearch(spec, rule, new ValuesError(values, 1)).best(range.toRealRange());
            case RangeMethod.Sqnr(double gamma) ->
                new RangeSearch(spec, rule, new ValuesError(values, gamma)).best(range.toRealRange());
        };
    }

    private RealRange leastError(QuantSpec spec, TensorStatistics statistics, double gamma) {
        HistogramError error = new HistogramError(statistics.histogram(), gamma);
        return new RangeSearch(spec, rule, error).best(statistics.range().toRealRange());
    }

    private static RealRange movingAverage(BatchRanges batches, double momentum) {
        boolean first = true;
        double min = 0;
        double max = 0;
        for (Range batch : batches.batches().values()) {
            double kept = first ? 0 : momentum;
            min = kept * min + (1 - kept) * batch.min();
            max = kept * max + (1 - kept) * batch.max();
            first = false;
        }
        return new RealRange(min, max);
    }

    /// Values are taken as evenly spread within a bin; the extremes are known exactly and never exceeded.
    private static RealRange percentile(Histogram histogram, Range range, double percent) {
        double left = histogram.total() * (1 - percent / 100);
        double min = Math.clamp(quantile(histogram, left), range.min(), range.max());
        double max = Math.clamp(quantile(histogram, histogram.total() - left), range.min(), range.max());
        return new RealRange(Math.min(min, max), max);
    }

    /// Where `rank` of the values lie below.
    private static double quantile(Histogram histogram, double rank) {
        double below = 0;
        for (int i = 0; i < histogram.bins(); i++) {
            long count = histogram.count(i);
            if (count > 0 && below + count >= rank) {
                return histogram.edge(i) + histogram.binWidth() * ((rank - below) / count);
            }
            below += count;
        }
        return histogram.edge(histogram.bins());
    }
}
