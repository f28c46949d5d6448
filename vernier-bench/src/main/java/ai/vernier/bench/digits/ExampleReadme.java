package ai.vernier.bench.digits;

import java.util.Locale;

/// The text that explains the example's folder.
final class ExampleReadme {
    private ExampleReadme() {}

    /// The README of the folder.
    ///
    /// @param accuracy top-1 of the exported model in ONNX Runtime, 0 … 1
    static String text(long parameters, double accuracy, Training training) {
        return String.format(
                Locale.ROOT,
                """
                    # Digits: a network to try Vernier on

                    Drawn, trained and exported by this project's own code, so there is nothing to download and no third-party licence.

                    | file | content |
                    |---|---|
                    | `digits.onnx` | a small MobileNetV2-like classifier, %d parameters: depthwise convolutions, inverted residuals, BatchNormalization unfolded, ReLU6 as Clip(0, 6); opset 13; `image` float32 [N,1,20,20] → `logits` float32 [N,10]; top-1 %.4f on the evaluation set |
                    | `calibration.npy` | %d images, float32 [.,1,20,20], pixels in [0, 1] |
                    | `evaluation.npy` | %d images of the same kind |
                    | `labels.npy` | their digits, int64 |

                    The digits are pen strokes (lines and arcs) under random slant, rotation, scale, wobble, pen width and contrast, with specks,
                    scratches, uneven ground and noise; no font and no foreign image is involved. The network was trained for %d steps of
                    %d images, each image seen once, through LibTorch autograd.

                    Make everything anew, in about two minutes on two cores:

                        mvn -q -pl vernier-bench -am process-classes -Dbench.main=ai.vernier.bench.digits.MakeDigits -Dbench.args=examples/digits

                    The images come out equal byte for byte on every platform. The weights follow the rounding of the processor's vector units,
                    so on another kind of processor the network differs a little, and its accuracy by a few images.

                    Licence: Apache-2.0, like the rest of the project.
                    """,
                parameters,
                accuracy,
                MakeDigits.CALIBRATION_COUNT,
                MakeDigits.EVALUATION_COUNT,
                training.steps(),
                training.batch());
    }
}
