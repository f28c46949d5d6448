package ai.vernier.engine.op;

import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.StringViewOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Arithmetic, element by element, with NumPy broadcasting.
final class ElementwiseOps {
    private ElementwiseOps() {}

    static void register(OpTable ops) {
        unary(ops, "Abs", torch::abs);
        unary(ops, "Neg", torch::neg);
        unary(ops, "Exp", torch::exp);
        unary(ops, "Log", torch::log);
        unary(ops, "Sqrt", torch::sqrt);
        unary(ops, "Reciprocal", torch::reciprocal);
        unary(ops, "Floor", torch::floor);
        unary(ops, "Ceil", torch::ceil);
        unary(ops, "Round", torch::round); // half to even, as ONNX has it
        unary(ops, "Sign", torch::sign);
        unary(ops, "Sin", torch::sin);
        unary(ops, "Cos", torch::cos);
        unary(ops, "Tan", torch::tan);
        unary(ops, "Asin", torch::asin);
        unary(ops, "Acos", torch::acos);
        unary(ops, "Atan", torch::atan);
        unary(ops, "Sinh", torch::sinh);
        unary(ops, "Cosh", torch::cosh);
        unary(ops, "Asinh", torch::asinh);
        unary(ops, "Acosh", torch::acosh);
        unary(ops, "Atanh", torch::atanh);
        unary(ops, "Erf", torch::erf);
        unary(ops, "Identity", x -> x);

        binary(ops, "Add", torch::add);
        binary(ops, "Sub", torch::sub);
        binary(ops, "Mul", torch::mul);
        binary(ops, "Div", ElementwiseOps::divide);
        ops.add("Pow", 1, (_, in) -> power(in.at(0), in.at(1)));
        ops.add("Mod", 10, (node, in) -> modulo(node.flag("fmod", false), in.at(0), in.at(1)));
        folding(ops, "Sum", torch::add);
        folding(ops, "Max", torch::maximum);
        folding(ops, "Min", torch::minimum);
        ops.add("Mean", 1, (_, in) -> fold(in, torch::add).div(new Scalar(in.size())));
    }

    private static void unary(OpTable ops, String type, UnaryOperator<Tensor> formula) {
        ops.add(type, 1, (_, in) -> formula.apply(in.at(0)));
    }

    private static void binary(OpTable ops, String type, BinaryOperator<Tensor> formula) {
        ops.add(type, 1, (_, in) -> formula.apply(in.at(0), in.at(1)));
    }

    private static void folding(OpTable ops, String type, BinaryOperator<Tensor> formula) {
        ops.add(type, 1, (_, in) -> fold(in, formula));
    }

    private static Tensor fold(Inputs in, BinaryOperator<Tensor> formula) {
        Tensor result = in.at(0);
        for (int i = 1; i < in.size(); i++) {
            result = formula.apply(result, in.at(i));
        }
        return result;
    }

    /// Integer division truncates towards zero. The mode is passed in memory of the unit's scope: a view of a Java
    /// string would outlive its characters.
    private static Tensor divide(Tensor a, Tensor b) {
        return a.is_floating_point()
                ? torch.div(a, b)
                : torch.div(a, b, new StringViewOptional(new BytePointer("trunc")));
    }

    /// The result has the type of the base.
    private static Tensor power(Tensor base, Tensor exponent) {
        ScalarType type = base.scalar_type();
        Tensor result = torch.pow(base, exponent);
        return result.scalar_type().intern() == type.intern() ? result : result.to(type);
    }

    /// Without `fmod` the result has the sign of the divisor, with it the sign of the dividend.
    private static Tensor modulo(boolean fmod, Tensor a, Tensor b) {
        return fmod ? torch.fmod(a, b) : torch.remainder(a, b);
    }
}
