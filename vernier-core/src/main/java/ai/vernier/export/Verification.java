package ai.vernier.export;

import ai.vernier.data.Agreement;
import ai.vernier.data.Batch;
import ai.vernier.data.Difference;
import ai.vernier.data.ProgressListener;
import ai.vernier.data.SampleSource;
import ai.vernier.engine.ort.OrtModel;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import ai.vernier.simulate.Simulator;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/// How well a model agrees with a reference, per output over all samples: an exported model in ONNX Runtime with its
/// simulation, or a quantized model with the float one.
///
/// ONNX Runtime runs with its default graph optimizations, as a user would run it: pairs around a Conv, Gemm or MatMul
/// become integer kernels, which round the exact sum where the simulation rounds a float32 sum. A code then differs by
/// one where the sum lies close to a tie, and later layers carry that on.
///
/// @param outputs by name, in the model's order
/// @param samples how many samples were run
public record Verification(Map<String, Output> outputs, long samples) {
    public Verification {
        outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
    }

    /// What to run.
    ///
    /// @param batchSize samples per run, or fewer where the source cannot
    public record Work(SampleSource samples, int batchSize, ProgressListener progress) {}

    /// One output against the reference's.
    ///
    /// @param decisions how often both choose the same class, where the output is a matrix or a sequence of
    ///     class scores; otherwise [Agreement#NONE]
    /// @param difference for float outputs; otherwise [Difference#NONE]
    /// @param equal elements with the same value
    /// @param elements elements compared
    public record Output(Agreement decisions, Difference difference, long equal, long elements) {
        /// Share of elements that are equal, 0 … 1; NaN where nothing was compared.
        public double equalShare() {
            return (double) equal / elements;
        }

        private Output merge(Output that) {
            return new Output(
                    decisions.merge(that.decisions),
                    difference.merge(that.difference),
                    equal + that.equal,
                    elements + that.elements);
        }
    }

    /// Runs both models over all samples, batch by batch.
    ///
    /// @throws ai.vernier.onnx.UnsupportedModelException where one of the two cannot be run
    public static Verification of(OrtModel exported, Simulator simulation, Work work) {
        return between(exported::run, simulation::run, work);
    }

    /// Runs any two ways to compute the same outputs over all samples, batch by batch; needs no labels.
    ///
    /// @param examined from inputs to outputs, by name
    /// @param reference what the outputs of `examined` are compared with; all of its outputs are compared
    /// @throws ai.vernier.onnx.UnsupportedModelException where one of the two cannot be run
    public static Verification between(
            UnaryOperator<Map<String, TensorData>> examined,
            UnaryOperator<Map<String, TensorData>> reference,
            Work work) {
        Map<String, Output> outputs = new LinkedHashMap<>();
        work.progress().started("Verify", work.samples().size());
        for (Batch batch : work.samples().batches(work.batchSize())) {
            Map<String, TensorData> found = examined.apply(batch.inputs());
            reference.apply(batch.inputs()).forEach((name, expected) -> {
                TensorData other = found.get(name);
                if (other == null) {
                    throw new IllegalArgumentException("the examined model has no output '" + name + "'");
                }
                outputs.merge(name, compare(expected, other), Output::merge);
            });
            work.progress().advanced(batch.first() + batch.count());
        }
        work.progress().finished();
        return new Verification(outputs, work.samples().size());
    }

    static Output compare(TensorData expected, TensorData found) {
        long elements = expected.elementCount();
        if (expected.dataType() != DataType.FLOAT || found.dataType() != DataType.FLOAT) {
            return new Output(Agreement.NONE, Difference.NONE, expected.equals(found) ? elements : 0, elements);
        }
        float[] wanted = expected.toFloats();
        float[] actual = found.toFloats();
        long equal = 0;
        for (int i = 0; i < wanted.length; i++) {
            equal += wanted[i] == actual[i] ? 1 : 0;
        }
        Agreement decisions = isClassScores(expected) ? Agreement.of(expected, found) : Agreement.NONE;
        return new Output(decisions, Difference.of(expected, found), equal, elements);
    }

    /// `[N,C]`, `[N,T,C]` or either with trailing ones, C ≥ 2; images are no class scores.
    private static boolean isClassScores(TensorData output) {
        int rank = output.rank();
        while (rank > 0 && output.dim(rank - 1) == 1) {
            rank--;
        }
        return rank == 2 || rank == 3;
    }
}
