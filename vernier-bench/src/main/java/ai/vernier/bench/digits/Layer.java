package ai.vernier.bench.digits;

import java.util.List;

/// One stage of a network as data: training and export both walk the same list of these.
sealed interface Layer {
    /// A square convolution without bias and with "same" padding, then batch norm, then ReLU6 if `activated`.
    ///
    /// @param name prefix of its parameters and values
    /// @param depthwise whether each channel is convolved on its own; then `in` equals `out`
    record Convolution(String name, int in, int out, int kernel, int stride, boolean depthwise, boolean activated)
            implements Layer {
        static Convolution dense(String name, int in, int out) {
            return new Convolution(name, in, out, 3, 1, false, true);
        }

        static Convolution depthwise(String name, int channels, int stride) {
            return new Convolution(name, channels, channels, 3, stride, true, true);
        }

        static Convolution pointwise(String name, int in, int out) {
            return new Convolution(name, in, out, 1, 1, false, true);
        }

        Convolution linear() {
            return new Convolution(name, in, out, kernel, stride, depthwise, false);
        }

        int groups() {
            return depthwise ? in : 1;
        }

        int padding() {
            return kernel / 2;
        }

        long[] weightDims() {
            return new long[] {out, in / groups(), kernel, kernel};
        }
    }

    /// `y = x + branch(x)`.
    record Residual(String name, List<Convolution> branch) implements Layer {
        public Residual {
            branch = List.copyOf(branch);
        }
    }

    /// Mean over the image, then a linear map to `classes` logits.
    record Classifier(String name, int in, int classes) implements Layer {}
}
