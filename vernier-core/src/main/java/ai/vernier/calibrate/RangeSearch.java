package ai.vernier.calibrate;

import ai.vernier.quant.Encoding;
import ai.vernier.quant.QuantSpec;
import ai.vernier.quant.RangeToEncoding;
import ai.vernier.quant.RealRange;
import ai.vernier.quant.Scheme;
import java.util.function.DoubleFunction;

/// Searches the range whose grid has the least error, between nothing and the observed range.
///
/// Symmetric schemes have one number to find, the magnitude at which to clip; asymmetric ones two, found
/// in turns: the upper end, the lower end, both again. Each turn tries [#COARSE] equally spaced ends and
/// then finer ones around the best. The observed range is the first candidate and a later one has to be
/// strictly better, so the result is never worse than clipping nothing and does not depend on ties.
///
/// @param spec format and scheme; what is searched is one granule
record RangeSearch(QuantSpec spec, RangeToEncoding rule, QuantizationError error) {
    private static final int COARSE = 64;
    private static final int FINER = 8;

    private record Candidate(RealRange range, double error) {}

    /// @param spec format and scheme; its granularity does not matter here
    RangeSearch {
        spec = QuantSpec.perTensor(spec.format(), spec.scheme());
    }

    RealRange best(RealRange observed) {
        RealRange all = observed.includingZero();
        Candidate best = candidate(all);
        if (spec.scheme() != Scheme.ASYMMETRIC) {
            return best(best, part -> clipped(all, part * all.absMax())).range();
        }
        boolean twoSided = all.min() < 0 && all.max() > 0;
        for (int round = 0; round < (twoSided ? 2 : 1); round++) {
            RealRange now = best.range();
            best = all.max() > 0 ? best(best, part -> new RealRange(now.min(), part * all.max())) : best;
            RealRange then = best.range();
            best = all.min() < 0 ? best(best, part -> new RealRange(part * all.min(), then.max())) : best;
        }
        return best.range();
    }

    private static RealRange clipped(RealRange range, double magnitude) {
        double min = Math.max(range.min(), -magnitude);
        double max = Math.min(range.max(), magnitude);
        return new RealRange(min, max);
    }

    private Candidate best(Candidate start, DoubleFunction<RealRange> line) {
        Candidate best = start;
        int bestPart = COARSE;
        for (int part = COARSE; part > 0; part--) {
            Candidate candidate = candidate(line.apply((double) part / COARSE));
            if (candidate.error() < best.error()) {
                best = candidate;
                bestPart = part;
            }
        }
        int middle = bestPart * FINER;
        for (int part = Math.min(COARSE * FINER, middle + FINER - 1); part > middle - FINER; part--) {
            Candidate candidate = candidate(line.apply((double) part / (COARSE * FINER)));
            best = candidate.error() < best.error() ? candidate : best;
        }
        return best;
    }

    private Candidate candidate(RealRange range) {
        Encoding grid = rule.encoding(spec, range);
        return new Candidate(range, error.of(grid));
    }
}
