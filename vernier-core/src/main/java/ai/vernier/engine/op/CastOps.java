package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.engine.tensor.SmallFloat;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Conversions between element types.
final class CastOps {
    private CastOps() {}

    static void register(OpTable ops) {
        ops.bind("Cast", 1, node -> {
            DataType to = target(node);
            Conversion conversion = Conversion.of(node);
            HostTransfer.carrier(to);
            return in -> new Tensor[] {conversion.apply(in.at(0), source(node, in), to)};
        });
        ops.bind("CastLike", 15, node -> {
            Conversion conversion = Conversion.of(node);
            return in -> {
                DataType to = HostTransfer.typeOf(in.at(1), node.inputType(1));
                return new Tensor[] {conversion.apply(in.at(0), source(node, in), to)};
            };
        });
        ops.bind("BitCast", 26, node -> {
            DataType to = target(node);
            return in -> new Tensor[] {sameBits(in.at(0), source(node, in), to)};
        });
    }

    private static DataType target(NodeView node) {
        int number = (int) node.integer("to", DataType.FLOAT.number());
        return DataType.ofNumber(number).orElseThrow(() -> node.unsupported("to type number " + number));
    }

    private static DataType source(NodeView node, Inputs in) {
        return HostTransfer.typeOf(in.at(0), node.inputType(0));
    }

    /// @param saturate whether floats that are too large for an 8-bit one become the largest
    /// @param mode how numbers round to a power of two: up, down or nearest
    private record Conversion(boolean saturate, String mode) {
        static Conversion of(NodeView node) {
            return new Conversion(node.flag("saturate", true), node.text("round_mode", "up"));
        }

        Tensor apply(Tensor x, DataType from, DataType to) {
            if (to == DataType.FLOAT8E8M0) {
                return SmallFloat.roundToPowerOfTwo(real(x, from), mode, saturate);
            }
            Optional<SmallFloat> small = SmallFloat.of(to);
            if (small.isPresent()) {
                return small.get().round(real(x, from), saturate);
            }
            if (from == DataType.UINT64 && to.isFloatingPoint()) {
                return Unsigned64.toReal(x, HostTransfer.carrier(to));
            }
            if (to == DataType.UINT64 && from.isFloatingPoint()) {
                return Unsigned64.ofReal(x);
            }
            return NarrowIntegers.wrapped(x, to);
        }

        private static Tensor real(Tensor x, DataType from) {
            return from == DataType.UINT64 ? Unsigned64.toReal(x, ScalarType.Float) : x;
        }
    }

    /// The same bytes, read as another type of the same width.
    private static Tensor sameBits(Tensor x, DataType from, DataType to) {
        TensorData host = HostTransfer.toHost(x, from);
        return HostTransfer.toTensor(TensorData.ofBytes(to, host.bytes(), host.dims()));
    }
}
