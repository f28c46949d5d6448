package ai.vernier.engine.op;

import ai.vernier.onnx.TensorData;
import org.jspecify.annotations.Nullable;

/// A batch normalization multiplied into the convolution before it:
/// W' = W·γ/σ,  b' = (b − μ)·γ/σ + β,  σ = √(var + ε).
record FoldedBatchNormalization(TensorData weight, TensorData bias) {
    static FoldedBatchNormalization of(TensorData weight, @Nullable TensorData bias, NodeView normalization) {
        float[] w = weight.toFloats();
        float[] gamma = parameter(normalization, 1);
        float[] beta = parameter(normalization, 2);
        float[] mean = parameter(normalization, 3);
        float[] variance = parameter(normalization, 4);
        double epsilon = normalization.real("epsilon", 1e-5);
        float[] b = bias == null ? new float[gamma.length] : bias.toFloats();
        int perChannel = w.length / gamma.length;
        for (int channel = 0; channel < gamma.length; channel++) {
            double factor = gamma[channel] / Math.sqrt(variance[channel] + epsilon);
            for (int i = channel * perChannel; i < (channel + 1) * perChannel; i++) {
                w[i] = (float) (w[i] * factor);
            }
            b[channel] = (float) ((b[channel] - mean[channel]) * factor + beta[channel]);
        }
        return new FoldedBatchNormalization(
                TensorData.ofFloats(w, weight.dims()), TensorData.ofFloats(b, gamma.length));
    }

    private static float[] parameter(NodeView normalization, int index) {
        return normalization.constant(index).orElseThrow().toFloats();
    }
}
