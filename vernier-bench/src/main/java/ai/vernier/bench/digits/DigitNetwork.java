package ai.vernier.bench.digits;

import ai.vernier.bench.digits.Layer.Classifier;
import ai.vernier.bench.digits.Layer.Convolution;
import ai.vernier.bench.digits.Layer.Residual;
import ai.vernier.onnx.TensorData;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/// A list of layers with LibTorch parameters: forward passes that autograd can differentiate. Owns its parameters.
final class DigitNetwork implements AutoCloseable {
    /// Added to the variance before the root, here and in the exported BatchNormalization.
    static final double EPSILON = 1e-5;
    /// Weight of the newest batch in the running mean and variance.
    private static final double MOMENTUM = 0.05;

    private final List<Layer> layers;
    private final Map<String, Tensor> trained = new LinkedHashMap<>();
    private final Map<String, Tensor> running = new LinkedHashMap<>();

    /// Fresh parameters from LibTorch's generator: He-normal weights, identity batch norms.
    DigitNetwork(List<Layer> layers) {
        this.layers = List.copyOf(layers);
        layers.forEach(this::initialize);
    }

    private void initialize(Layer layer) {
        switch (layer) {
            case Convolution convolution -> initialize(convolution);
            case Residual residual -> residual.branch().forEach(this::initialize);
            case Classifier(String name, int in, int classes) -> {
                train(name + ".weight", heNormal(in, classes, in));
                train(name + ".bias", torch.zeros(classes));
            }
        }
    }

    private void initialize(Convolution convolution) {
        String name = convolution.name();
        int fanIn = convolution.in() / convolution.groups() * convolution.kernel() * convolution.kernel();
        train(name + ".weight", heNormal(fanIn, convolution.weightDims()));
        train(name + ".bn.scale", torch.ones(convolution.out()));
        train(name + ".bn.bias", torch.zeros(convolution.out()));
        keep(running, name + ".bn.mean", torch.zeros(convolution.out()));
        keep(running, name + ".bn.var", torch.ones(convolution.out()));
    }

    private static Tensor heNormal(int fanIn, long... dims) {
        return torch.randn(dims).mul_(new Scalar(Math.sqrt(2.0 / fanIn)));
    }

    private void train(String name, Tensor initial) {
        keep(trained, name, initial.requires_grad_(true));
    }

    /// Parameters outlive any scope that is open while they are made.
    private static void keep(Map<String, Tensor> map, String name, Tensor tensor) {
        map.put(name, tensor.retainReference());
    }

    /// The tensors that an optimizer adjusts.
    TensorVector parameters() {
        return new TensorVector(trained.values().toArray(Tensor[]::new));
    }

    /// Number of trained values.
    long parameterCount() {
        return trained.values().stream().mapToLong(Tensor::numel).sum();
    }

    /// The logits of a batch.
    ///
    /// @param images float32 [N, 1, height, width]
    /// @param training whether batch norms use (and record) the statistics of this batch
    /// @return logits [N, classes]
    Tensor forward(Tensor images, boolean training) {
        Tensor x = images;
        for (Layer layer : layers) {
            x = forward(layer, x, training);
        }
        return x;
    }

    private Tensor forward(Layer layer, Tensor x, boolean training) {
        return switch (layer) {
            case Convolution convolution -> forward(convolution, x, training);
            case Residual residual -> {
                Tensor y = x;
                for (Convolution convolution : residual.branch()) {
                    y = forward(convolution, y, training);
                }
                yield x.add(y);
            }
            case Classifier classifier -> forward(classifier, x);
        };
    }

    private Tensor forward(Convolution layer, Tensor x, boolean training) {
        long[] stride = {layer.stride(), layer.stride()};
        long[] padding = {layer.padding(), layer.padding()};
        long[] dilation = {1, 1};
        Tensor weight = parameter(layer.name() + ".weight");
        // Forward and backward of these small convolutions take a quarter less time in this layout.
        Tensor channelsLast = x.contiguous(torch.MemoryFormat.ChannelsLast);
        Tensor sum =
                torch.conv2d(channelsLast, weight, new TensorOptional(), stride, padding, dilation, layer.groups());
        Tensor normal = torch.batch_norm(
                sum,
                optional(layer, "scale"),
                optional(layer, "bias"),
                optional(layer, "mean"),
                optional(layer, "var"),
                training,
                MOMENTUM,
                EPSILON,
                false);
        return layer.activated() ? torch.hardtanh_(normal, new Scalar(0.0), new Scalar(6.0)) : normal;
    }

    private Tensor forward(Classifier layer, Tensor x) {
        TensorOptional bias = new TensorOptional(parameter(layer.name() + ".bias"));
        return torch.linear(x.mean(2, 3), parameter(layer.name() + ".weight"), bias);
    }

    private TensorOptional optional(Convolution layer, String part) {
        return new TensorOptional(parameter(layer.name() + ".bn." + part));
    }

    private Tensor parameter(String name) {
        return Objects.requireNonNull(trained.getOrDefault(name, running.get(name)), name);
    }

    /// The logits of the trained network, as it will be exported.
    TensorData infer(TensorData images) {
        try (PointerScope _ = new PointerScope();
                NoGradGuard _ = new NoGradGuard()) {
            return HostTensors.toHost(forward(HostTensors.toTorch(images), false));
        }
    }

    /// A host copy of every parameter and running statistic by name.
    Map<String, TensorData> weights() {
        Map<String, TensorData> weights = new LinkedHashMap<>();
        try (PointerScope _ = new PointerScope()) {
            trained.forEach((name, tensor) -> weights.put(name, HostTensors.toHost(tensor.detach())));
            running.forEach((name, tensor) -> weights.put(name, HostTensors.toHost(tensor)));
        }
        return weights;
    }

    @Override
    public void close() {
        trained.values().forEach(Tensor::releaseReference);
        running.values().forEach(Tensor::releaseReference);
    }
}
