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
        ops.addOrdered("Abs", 1, (_, in) -> torch.abs(in.at(0)), (_, in) -> in.at(0));
        unary(ops, "Neg", torch::neg);
        unary(ops, "Exp", torch::exp);
        unary(ops, "Log", torch::log);
        unary(ops, "Sqrt", torch::sqrt);
        unary(ops, "Reciprocal", torch::reciprocal);
        unary(ops, "Floor", torch::floor);
        unary(ops, "Ceil", torch::ceil);
        unary(ops, "Round", torch::round); // half to even, as ONNX has it
        ops.addOrdered(
                "Sign",
                1,
                (_, in) -> sign(in.at(0)),
                (_, in) -> in.at(0).ne(new Scalar(0L)).to(ScalarType.Long));
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

        wrapping(ops, "Add", torch::add);
        wrapping(ops, "Sub", torch::sub);
        wrapping(ops, "Mul", torch::mul);
        ops.addOrdered(
                "Div", 1, (_, in) -> divide(in.at(0), in.at(1)), (_, in) -> Unsigned64.quotient(in.at(0), in.at(1)));
        ops.addWrapping("Pow", 1, (_, in) -> power(in.at(0), in.at(1)));
        ops.addOrdered(
                "Mod",
                10,
                (node, in) -> modulo(node.flag("fmod", false), in.at(0), in.at(1)),
                (_, in) -> in.at(0).sub(Unsigned64.quotient(in.at(0), in.at(1)).mul(in.at(1))));
        ops.addWrapping("Sum", 1, (_, in) -> fold(in, torch::add));
        extremum(ops, "Max", torch::maximum);
        extremum(ops, "Min", torch::minimum);
        ops.add("Mean", 1, ElementwiseOps::mean);
        ops.add("Shrink", 9, (node, in) -> shrink(in.at(0), node.real("lambd", 0.5), node.real("bias", 0)));
    }

    private static void unary(OpTable ops, String type, UnaryOperator<Tensor> formula) {
        ops.add(type, 1, (_, in) -> formula.apply(in.at(0)));
    }

    private static void wrapping(OpTable ops, String type, BinaryOperator<Tensor> formula) {
        ops.addWrapping(type, 1, (_, in) -> formula.apply(in.at(0), in.at(1)));
    }

    private static void extremum(OpTable ops, String type, BinaryOperator<Tensor> formula) {
        ops.addOrdered(
                type,
                1,
                (_, in) -> fold(in, formula),
                (_, in) -> fold(
                        in, (a, b) -> Unsigned64.ordered(formula.apply(Unsigned64.ordered(a), Unsigned64.ordered(b)))));
    }

    /// LibTorch has 0 for what is not a number.
    private static Tensor sign(Tensor x) {
        return x.is_floating_point() ? torch.where(torch.isnan(x), x, torch.sign(x)) : torch.sign(x);
    }

    private static Tensor mean(NodeView node, Inputs in) {
        if (!in.at(0).is_floating_point()) {
            throw node.unsupported("on integers, which ONNX does not define,");
        }
        return fold(in, torch::add).div(new Scalar(in.size()));
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
        return a.is_floating_point() ? torch.div(a, b) : truncated(a, b);
    }

    static Tensor truncated(Tensor a, Tensor b) {
        StringViewOptional truncating = new StringViewOptional(new BytePointer("trunc"));
        if (isUnsigned(b)) {
            return torch.div(a, b, truncating);
        }
        return torch.where(b.eq(new Scalar(-1)), torch.neg(a), torch.div(a, notMinusOne(b), truncating));
    }

    private static boolean isUnsigned(Tensor tensor) {
        return tensor.scalar_type().intern() == ScalarType.Byte;
    }

    /// The processor traps on the smallest integer divided by −1.
    private static Tensor notMinusOne(Tensor divisor) {
        return divisor.masked_fill(divisor.eq(new Scalar(-1)), new Scalar(1));
    }

    /// The result has the type of the base.
    private static Tensor power(Tensor base, Tensor exponent) {
        ScalarType type = base.scalar_type();
        Tensor result = torch.pow(base, exponent);
        return result.scalar_type().intern() == type.intern() ? result : result.to(type);
    }

    /// Without `fmod` the result has the sign of the divisor, with it the sign of the dividend.
    private static Tensor modulo(boolean fmod, Tensor a, Tensor b) {
        Tensor divisor =
                a.is_floating_point() || isUnsigned(b) ? b : notMinusOne(b); // the remainder is 0 for 1 and for −1
        return fmod ? torch.fmod(a, divisor) : torch.remainder(a, divisor);
    }

    /// x + bias below −λ, x − bias above λ, 0 between.
    private static Tensor shrink(Tensor x, double lambda, double bias) {
        Tensor zero = torch.zeros_like(x);
        Tensor above = torch.where(x.gt(new Scalar(lambda)), x.sub(new Scalar(bias)), zero);
        Tensor result = torch.where(x.lt(new Scalar(-lambda)), x.add(new Scalar(bias)), above);
        return result.to(x.scalar_type());
    }
}
