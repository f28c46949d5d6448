package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Along one axis, each output is a sum of so many inputs with weights.
final class Taps {
    private final long[][] indices;
    private final float[][] weights;

    Taps(int count, int outputs) {
        indices = new long[count][outputs];
        weights = new float[count][outputs];
    }

    int count() {
        return indices.length;
    }

    void set(int tap, int output, long index, double weight) {
        indices[tap][output] = index;
        weights[tap][output] = (float) weight;
    }

    /// Divides the weights of one output.
    void divide(int output, double divisor) {
        for (float[] weight : weights) {
            weight[output] = (float) (weight[output] / divisor);
        }
    }

    Tensor sum(Tensor x, int axis) {
        int size = indices[0].length;
        Tensor first = x.index_select(axis, HostTransfer.ofLongs(indices[0], size));
        if (count() == 1) {
            return first;
        }
        long[] shape = Window.filled((int) x.dim(), 1);
        shape[axis] = size;
        Tensor sum = first.mul(HostTransfer.ofFloats(weights[0], shape));
        for (int k = 1; k < count(); k++) {
            Tensor tap = x.index_select(axis, HostTransfer.ofLongs(indices[k], size));
            sum.add_(tap.mul(HostTransfer.ofFloats(weights[k], shape)));
        }
        return sum;
    }

    /// The same as [#sum], as a product with the matrix of all weights.
    Tensor product(Tensor x, int axis) {
        int outputs = indices[0].length;
        int inputs = Math.toIntExact(x.size(axis));
        float[] matrix = new float[inputs * outputs];
        for (int k = 0; k < count(); k++) {
            for (int i = 0; i < outputs; i++) {
                matrix[(int) indices[k][i] * outputs + i] += weights[k][i];
            }
        }
        Tensor dense = HostTransfer.ofFloats(matrix, inputs, outputs).to(x.scalar_type());
        return torch.matmul(x.movedim(axis, -1), dense).movedim(-1, axis);
    }
}
