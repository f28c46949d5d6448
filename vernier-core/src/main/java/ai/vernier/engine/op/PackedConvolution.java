package ai.vernier.engine.op;

import ai.vernier.engine.tensor.Kernel;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// A two-dimensional float convolution on the CPU whose weights have been packed, in channels-last layout.
sealed interface PackedConvolution extends AutoCloseable permits XnnConvolution, OneDnnConvolution {
    /// States strides, padding and dilations of the next run.
    void use(Window window);

    /// activation(conv(x) + residual); the residual has the shape of the result.
    Tensor run(Tensor x, @Nullable Tensor residual);

    /// What computes `y` anew while all three stay where they are; null where only [#run] does.
    default @Nullable Kernel kernel(Tensor x, @Nullable Tensor residual, Tensor y, Operands operands) {
        return null;
    }

    @Override
    void close();
}
