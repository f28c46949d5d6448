package ai.vernier.bench.digits;

import ai.vernier.bench.digits.Layer.Classifier;
import ai.vernier.bench.digits.Layer.Convolution;
import ai.vernier.bench.digits.Layer.Residual;
import java.util.List;

/// The bundled network: MobileNetV2 (Sandler et al., arXiv:1801.04381) in miniature, six depthwise-separable blocks of
/// which three are inverted residuals.
///
///     [N,1,20,20] → 16@20×20 → 32@10×10 → + → 64@5×5 → + → + → 128@5×5 → mean → 10
final class Architecture {
    private static final int EXPANSION = 3;

    private Architecture() {}

    static List<Layer> layers() {
        return List.of(
                Convolution.dense("stem", 1, 16),
                Convolution.depthwise("block1.depthwise", 16, 2),
                Convolution.pointwise("block1.pointwise", 16, 32),
                invertedResidual("block2", 32),
                Convolution.depthwise("block3.depthwise", 32, 2),
                Convolution.pointwise("block3.pointwise", 32, 64),
                invertedResidual("block4", 64),
                invertedResidual("block5", 64),
                Convolution.depthwise("block6.depthwise", 64, 1),
                Convolution.pointwise("block6.pointwise", 64, 128),
                new Classifier("classifier", 128, Digits.CLASSES));
    }

    private static Residual invertedResidual(String name, int channels) {
        int wide = EXPANSION * channels;
        return new Residual(
                name,
                List.of(
                        Convolution.pointwise(name + ".expand", channels, wide),
                        Convolution.depthwise(name + ".depthwise", wide, 1),
                        Convolution.pointwise(name + ".project", wide, channels).linear()));
    }
}
