package ai.vernier.engine.op;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Comparison, Boolean and bit operators.
final class LogicOps {
    private LogicOps() {}

    static void register(OpTable ops) {
        ops.add("Equal", 1, (_, in) -> torch.eq(in.at(0), in.at(1)));
        ops.add("Greater", 1, (_, in) -> torch.gt(in.at(0), in.at(1)));
        ops.add("Less", 1, (_, in) -> torch.lt(in.at(0), in.at(1)));
        ops.add("GreaterOrEqual", 12, (_, in) -> torch.ge(in.at(0), in.at(1)));
        ops.add("LessOrEqual", 12, (_, in) -> torch.le(in.at(0), in.at(1)));
        ops.add("And", 1, (_, in) -> torch.logical_and(in.at(0), in.at(1)));
        ops.add("Or", 1, (_, in) -> torch.logical_or(in.at(0), in.at(1)));
        ops.add("Xor", 1, (_, in) -> torch.logical_xor(in.at(0), in.at(1)));
        ops.add("Not", 1, (_, in) -> torch.logical_not(in.at(0)));
        ops.add("BitwiseAnd", 18, (_, in) -> torch.bitwise_and(in.at(0), in.at(1)));
        ops.add("BitwiseOr", 18, (_, in) -> torch.bitwise_or(in.at(0), in.at(1)));
        ops.add("BitwiseXor", 18, (_, in) -> torch.bitwise_xor(in.at(0), in.at(1)));
        ops.add("BitwiseNot", 18, (_, in) -> torch.bitwise_not(in.at(0)));
        ops.add("IsNaN", 9, (_, in) -> torch.isnan(in.at(0)));
        ops.add("IsInf", 10, (node, in) -> isInf(node, in.at(0)));
        ops.add("Where", 9, (_, in) -> torch.where(in.at(0), in.at(1), in.at(2)));
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
