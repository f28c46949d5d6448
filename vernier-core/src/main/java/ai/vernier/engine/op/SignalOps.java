package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.onnx.DataType;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.StringViewOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Fourier transforms, windows and the mel scale. Complex numbers are pairs in the last axis.
final class SignalOps {
    private SignalOps() {}

    static void register(OpTable ops) {
        ops.add("DFT", 17, (node, in) -> dft(node, in, node.integer("axis", 1)));
        ops.add("DFT", 20, (node, in) -> dft(node, in, in.has(2) ? in.scalar(2) : -2));
        ops.add("STFT", 17, SignalOps::stft);
        ops.add("MelWeightMatrix", 17, SignalOps::melWeights);
        ops.add("HannWindow", 17, (node, in) -> window(node, in, 0.5, 0.5, 0));
        ops.add("HammingWindow", 17, (node, in) -> window(node, in, 25 / 46.0, 21 / 46.0, 0));
        ops.add("BlackmanWindow", 17, (node, in) -> window(node, in, 0.42, 0.5, 0.08));
    }

    private static Tensor dft(NodeView node, Inputs in, long given) {
        Tensor x = NormalizationOps.wide(in.at(0));
        long axis = given < 0 ? given + x.dim() : given;
        boolean real = x.size(x.dim() - 1) == 1;
        boolean inverse = node.flag("inverse", false);
        boolean oneSided = node.flag("onesided", false);
        LongOptional length = in.has(1) ? new LongOptional(in.scalar(1)) : new LongOptional();
        StringViewOptional norm = new StringViewOptional();
        Tensor signal = real ? x.squeeze(-1) : torch.view_as_complex(x.contiguous());
        if (oneSided && inverse) {
            return torch.fft_irfft(signal, length, axis, norm)
                    .unsqueeze(-1)
                    .to(in.at(0).scalar_type());
        }
        Tensor spectrum = inverse
                ? torch.fft_ifft(signal, length, axis, norm)
                : oneSided ? torch.fft_rfft(signal, length, axis, norm) : torch.fft_fft(signal, length, axis, norm);
        return torch.view_as_real(spectrum).to(in.at(0).scalar_type());
    }

    /// Inputs: signal `[batch, length, 1 or 2]`, step, window, frame length. Output: `[batch, frames,
    /// bins, 2]`.
    private static Tensor stft(NodeView node, Inputs in) {
        Tensor x = NormalizationOps.wide(in.at(0));
        boolean real = x.dim() == 2 || x.size(2) == 1;
        Tensor signal = x.dim() == 2 ? x : real ? x.squeeze(2) : torch.view_as_complex(x.contiguous());
        long length = in.has(3) ? in.scalar(3) : in.at(2).size(0);
        Tensor frames = signal.unfold(1, length, in.scalar(1));
        Tensor windowed = in.has(2) ? frames.mul(in.at(2).to(x.scalar_type())) : frames;
        boolean oneSided = real && node.flag("onesided", true);
        Tensor spectrum = oneSided ? torch.fft_rfft(windowed) : torch.fft_fft(windowed);
        return torch.view_as_real(spectrum).to(in.at(0).scalar_type());
    }

    /// a − b · cos(2πn / N) + c · cos(4πn / N), with N = size, or size − 1 where the window is symmetric.
    private static Tensor window(NodeView node, Inputs in, double a, double b, double c) {
        long size = in.scalar(0);
        ScalarType type = type(node);
        double period = node.flag("periodic", true) ? size : size - 1;
        if (period == 0) {
            return torch.ones(new long[] {size}, new TensorOptions(type));
        }
        Tensor n = torch.arange(new Scalar(size), new TensorOptions(ScalarType.Double));
        Tensor first = torch.cos(n.mul(new Scalar(2 * Math.PI / period))).mul(new Scalar(-b));
        Tensor second = torch.cos(n.mul(new Scalar(4 * Math.PI / period))).mul(new Scalar(c));
        return first.add(second).add(new Scalar(a)).to(type);
    }

    private static ScalarType type(NodeView node) {
        int number = (int) node.integer("output_datatype", DataType.FLOAT.number());
        return DataType.ofNumber(number)
                .map(HostTransfer::carrier)
                .orElseThrow(() -> node.unsupported("to type number " + number));
    }

    /// Triangles between neighbouring points that lie evenly on the mel scale, mel = 2595 · log₁₀(1 + f /
    /// 700).
    private static Tensor melWeights(NodeView node, Inputs in) {
        int bins = (int) in.scalar(0);
        long length = in.scalar(1);
        double low = mel(in.at(3).item().toDouble());
        double step = (mel(in.at(4).item().toDouble()) - low) / (bins + 2);
        long[] edges = new long[bins + 2];
        for (int i = 0; i < edges.length; i++) {
            double frequency = 700 * (Math.pow(10, (low + i * step) / 2595) - 1);
            edges[i] = (long) Math.floor((length + 1) * frequency / in.scalar(2));
        }
        int rows = (int) (length / 2 + 1);
        float[] weights = new float[rows * bins];
        for (int i = 0; i < bins; i++) {
            for (int j = (int) edges[i]; j < Math.max(edges[i + 2], edges[i + 1] + 1); j++) {
                weights[j * bins + i] = (float) triangle(j, edges[i], edges[i + 1], edges[i + 2]);
            }
        }
        return HostTransfer.ofFloats(weights, rows, bins).to(type(node));
    }

    private static double triangle(long at, long low, long centre, long high) {
        if (at >= centre && high > centre) {
            return (high - at) / (double) (high - centre);
        }
        return low == centre ? 1 : (at - low) / (double) (centre - low);
    }

    private static double mel(double hertz) {
        return 2595 * Math.log10(1 + hertz / 700);
    }
}
