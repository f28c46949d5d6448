package ai.vernier.calibrate;

import ai.vernier.observe.Histogram;
import ai.vernier.quant.Encoding;
import java.util.Arrays;

/// The expected squared quantization error over a histogram, values spread evenly within each bin: exact
/// integrals of the error's sawtooth, rounding and clipping alike.
///
/// With u = x / scale and n = clamp(rint(u), lowest, highest) the squared error (x − scale·n)² has the
/// antiderivative
///
///     F(x) = scale³ · (n / 12 + (u − n)³ / 3)
///
/// over the whole line: every full step adds scale³ / 12, and beyond the ends n stays while the cube
/// grows. Clipped parts of the cube weigh `gamma`. The mean error is Σ density · (F(upper edge) − F(lower
/// edge)), summed by edges: an edge weighs the difference of the densities on its two sides, and edges
/// between equal bins drop out. O(bins).
final class HistogramError implements QuantizationError {
    private final double[] edges;
    private final double[] weights;
    private final double gamma;

    HistogramError(Histogram histogram, double gamma) {
        this.gamma = gamma;
        double perValue = 1 / (histogram.total() * histogram.binWidth());
        double[] allEdges = new double[histogram.bins() + 1];
        double[] allWeights = new double[allEdges.length];
        int used = 0;
        long left = 0;
        for (int i = 0; i < allEdges.length; i++) {
            long right = i < histogram.bins() ? histogram.count(i) : 0;
            if (left != right) {
                allEdges[used] = histogram.edge(i);
                allWeights[used++] = (left - right) * perValue;
            }
            left = right;
        }
        this.edges = Arrays.copyOf(allEdges, used);
        this.weights = Arrays.copyOf(allWeights, used);
    }

    @Override
    public double of(Encoding grid) {
        double scale = grid.scale(0);
        double inverseScale = 1 / scale;
        double lowest = (double) grid.minCode() - grid.zeroPoint(0);
        double highest = (double) grid.maxCode() - grid.zeroPoint(0);
        double sum = 0;
        for (int i = 0; i < edges.length; i++) {
            double u = edges[i] * inverseScale;
            double n = Math.max(lowest, Math.min(highest, Math.rint(u)));
            double rest = u - n;
            double weight = u < lowest || u > highest ? gamma : 1;
            sum += weights[i] * (n / 12 + weight * rest * rest * rest / 3);
        }
        return sum * scale * scale * scale;
    }
}
