package ai.vernier.engine.op;

import ai.vernier.onnx.DataType;
import java.util.Optional;
import java.util.function.BinaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Comparison, Boolean and bit operators.
final class LogicOps {
    private LogicOps() {}

    static void register(OpTable ops) {
        ops.add("Equal", 1, (_, in) -> torch.eq(in.at(0), in.at(1)));
        comparison(ops, "Greater", 1, torch::gt);
        comparison(ops, "Less", 1, torch::lt);
        comparison(ops, "GreaterOrEqual", 12, torch::ge);
        comparison(ops, "LessOrEqual", 12, torch::le);
        ops.add("And", 1, (_, in) -> torch.logical_and(in.at(0), in.at(1)));
        ops.add("Or", 1, (_, in) -> torch.logical_or(in.at(0), in.at(1)));
        ops.add("Xor", 1, (_, in) -> torch.logical_xor(in.at(0), in.at(1)));
        ops.add("Not", 1, (_, in) -> torch.logical_not(in.at(0)));
        ops.add("BitwiseAnd", 18, (_, in) -> torch.bitwise_and(in.at(0), in.at(1)));
        ops.add("BitwiseOr", 18, (_, in) -> torch.bitwise_or(in.at(0), in.at(1)));
        ops.add("BitwiseXor", 18, (_, in) -> torch.bitwise_xor(in.at(0), in.at(1)));
        ops.addWrapping("BitwiseNot", 18, (_, in) -> torch.bitwise_not(in.at(0)));
        ops.addWrapping("BitShift", 11, LogicOps::shift);
        ops.add("IsNaN", 9, (_, in) -> torch.isnan(in.at(0)));
        ops.add("IsInf", 10, (node, in) -> isInf(node, in.at(0)));
        ops.add("Where", 9, (_, in) -> torch.where(in.at(0), in.at(1), in.at(2)));
    }

    private static void comparison(OpTable ops, String type, long since, BinaryOperator<Tensor> formula) {
        ops.addOrdered(
                type,
                since,
                (_, in) -> formula.apply(in.at(0), in.at(1)),
                (_, in) -> formula.apply(Unsigned64.ordered(in.at(0)), Unsigned64.ordered(in.at(1))));
    }

    /// Integers that are shifted are unsigned, so that zeros come in from both sides.
    private static Tensor shift(NodeView node, Inputs in) {
        if (node.text("direction", "LEFT").equals("LEFT")) {
            return torch.bitwise_left_shift(in.at(0), in.at(1));
        }
        return node.inputType(0).equals(Optional.of(DataType.UINT64))
                ? Unsigned64.shiftedRight(in.at(0), in.at(1))
                : torch.bitwise_right_shift(in.at(0), in.at(1));
    }

    private static Tensor isInf(NodeView node, Tensor x) {
        boolean negative = node.flag("detect_negative", true);
        boolean positive = node.flag("detect_positive", true);
        if (negative && positive) {
            return torch.isinf(x);
        }
        if (positive) {
            return torch.isposinf(x);
        }
        return negative ? torch.isneginf(x) : torch.zeros_like(torch.isinf(x));
    }
}
