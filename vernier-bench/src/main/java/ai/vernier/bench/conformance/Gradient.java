package ai.vernier.bench.conformance;

import ai.vernier.engine.op.BoundOp;
import ai.vernier.engine.op.Inputs;
import ai.vernier.engine.op.NodeView;
import ai.vernier.engine.op.OpTable;
import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.ElementTypes;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.IntPredicate;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// Compares the gradient of an operator, as the engine's formula gives it, with a difference quotient along a random
/// direction v, in double precision:
///
///     L(x) = Σ w · op(x),   ⟨∇L, v⟩ against (L(x + εv) − L(x − εv)) / 2ε
public final class Gradient {
    private static final double STEP = 1e-6;
    private static final double JITTER = 0.01;

    private static final double TOLERANCE = 1e-4;

    /// For operators that compute a part in float32: round-off of 2^-24 over the step, and curvature.
    private static final double LARGE_STEP = 1e-3;

    private static final double LARGE_TOLERANCE = 5e-3;

    /// Beyond this the round-off of the sum, 2^-53 of it, counts against the step.
    private static final double LARGEST_SUM = 1e6;

    /// What is known about the gradient of an operator.
    public sealed interface Verdict {
        /// No floating-point output depends differentiably on a floating-point input.
        record None() implements Verdict {}

        record Agrees() implements Verdict {}

        record Differs(double analytic, double quotient) implements Verdict {}

        /// There is one, but the operator does not run in double precision.
        record Unchecked(String reason) implements Verdict {}

        /// The outputs change with input `index`, but no gradient says so.
        record Lost(int index, double quotient) implements Verdict {}
    }

    private final BoundOp op;
    private final List<TensorData> data;
    private final List<double[]> directions = new ArrayList<>();
    private final Random random = new Random(17);

    /// The inputs that have a gradient.
    private final Set<Integer> reached = new HashSet<>();

    private Gradient(BoundOp op, List<TensorData> data) {
        this.op = op;
        this.data = data;
        for (TensorData input : data) {
            directions.add(
                    isReal(input) ? random.doubles(input.elementCount(), -1, 1).toArray() : new double[0]);
        }
    }

    /// Empty where `test` is no single node of the engine's own with a real input.
    static Optional<Verdict> of(ConformanceCase test) {
        Model model = test.model();
        Node node = model.graph().nodes().getFirst();
        boolean single = model.graph().nodes().size() == 1
                && model.graph().initializers().isEmpty();
        if (!single || Applicability.obstacle(model).isPresent() || CaseRunner.isRandom(node)) {
            return Optional.empty();
        }
        List<TensorData> inputs = test.dataSets().getFirst().inputs();
        ElementTypes types = ElementTypes.of(model.graph());
        NodeView view = new NodeView(node, model.opset(node.domain()), _ -> Optional.empty(), types::of);
        Optional<OpTable.Binder> binder = OpTable.builtIn().find(node, view.opset());
        if (binder.isEmpty() || inputs.stream().noneMatch(Gradient::isReal)) {
            return Optional.empty();
        }
        try (BoundOp op = binder.get().bind(view)) {
            return Optional.of(new Gradient(op, placed(node, inputs)).check(node));
        }
    }

    /// Checks the only node of `model`, and that no real input which matters is left without a gradient.
    ///
    /// @param inputs of the node, in its order, as far as they are not absent
    public static Verdict of(Model model, List<TensorData> inputs) {
        Node node = model.graph().nodes().getFirst();
        ElementTypes types = ElementTypes.of(model.graph());
        NodeView view = new NodeView(node, model.opset(node.domain()), _ -> Optional.empty(), types::of);
        Optional<OpTable.Binder> binder = OpTable.builtIn().find(node, view.opset());
        if (binder.isEmpty()) {
            return new Verdict.None();
        }
        try (BoundOp op = binder.get().bind(view)) {
            Gradient gradient = new Gradient(op, placed(node, inputs));
            Verdict verdict = gradient.check(node);
            return verdict instanceof Verdict.Agrees || verdict instanceof Verdict.None
                    ? gradient.lost(node).orElse(verdict)
                    : verdict;
        }
    }

    private static List<TensorData> placed(Node node, List<TensorData> inputs) {
        List<TensorData> placed = new ArrayList<>();
        int next = 0;
        for (String name : node.inputs()) {
            placed.add(name.isEmpty() ? TensorData.ofLongs(new long[0], 0) : inputs.get(next++));
        }
        return placed;
    }

    private Optional<Verdict> lost(Node node) {
        try (PointerScope _ = new PointerScope()) {
            for (int i = 0; i < data.size(); i++) {
                int index = i;
                boolean matters = isReal(data.get(i)) && !reached.contains(i) && !isParameter(node, i);
                double quotient = matters ? quotient(node, STEP, moved -> moved == index) : 0;
                if (Math.abs(quotient) > TOLERANCE) {
                    return Optional.of(new Verdict.Lost(i, quotient));
                }
            }
            return Optional.empty();
        }
    }

    private static boolean isReal(TensorData data) {
        return data.dataType() == DataType.FLOAT || data.dataType() == DataType.DOUBLE;
    }

    private Verdict check(Node node) {
        try (PointerScope _ = new PointerScope()) {
            List<@Nullable Tensor> at = inputs(node, 0, _ -> true);
            Tensor loss = loss(at);
            if (!loss.requires_grad()) {
                return new Verdict.None();
            }
            loss.backward();
            double analytic = 0;
            for (int i = 0; i < at.size(); i++) {
                Tensor input = at.get(i);
                if (input != null && input.requires_grad() && input.grad().defined()) {
                    reached.add(i);
                    analytic += input.grad().mul(direction(i)).sum().item().toDouble();
                }
            }
            return analytic == 0 ? new Verdict.None() : compared(node, analytic, reached::contains);
        } catch (RuntimeException e) {
            return new Verdict.Unchecked(
                    String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
    }

    private Verdict compared(Node node, double analytic, IntPredicate differentiable) {
        if (Double.isNaN(analytic)) {
            return new Verdict.Unchecked("no finite gradient at this place");
        }
        double quotient = quotient(node, STEP, differentiable);
        if (agree(analytic, quotient, TOLERANCE)) {
            return new Verdict.Agrees();
        }
        return agree(analytic, quotient(node, LARGE_STEP, differentiable), LARGE_TOLERANCE)
                ? new Verdict.Agrees()
                : new Verdict.Differs(analytic, quotient);
    }

    private double quotient(Node node, double step, IntPredicate differentiable) {
        double above = loss(inputs(node, step, differentiable)).item().toDouble();
        double below = loss(inputs(node, -step, differentiable)).item().toDouble();
        if (Math.abs(above) > LARGEST_SUM) {
            throw new ArithmeticException("values too large for a difference quotient");
        }
        return (above - below) / (2 * step);
    }

    private static boolean agree(double analytic, double quotient, double tolerance) {
        double scale = Math.max(1, Math.max(Math.abs(analytic), Math.abs(quotient)));
        return Math.abs(analytic - quotient) <= tolerance * scale;
    }

    /// The inputs next to those of the case, because examples like to stand on kinks; those for which `moved` holds a
    /// step further on.
    private List<@Nullable Tensor> inputs(Node node, double step, IntPredicate moved) {
        Random jitter = new Random(29);
        List<@Nullable Tensor> inputs = new ArrayList<>();
        for (int i = 0; i < data.size(); i++) {
            if (node.input(i).isEmpty()) {
                inputs.add(null);
                continue;
            }
            Tensor value = HostTransfer.toTensor(data.get(i));
            if (isReal(data.get(i))) {
                double[] offsets = jitter.doubles(value.numel(), 0.001, JITTER).toArray();
                boolean exact = node.qualifiedType().equals("OneHot") || isParameter(node, i);
                value = value.to(ScalarType.Double);
                value = exact
                        ? value.clone()
                        : value.add(HostTransfer.toTensor(
                                TensorData.ofDoubles(offsets, data.get(i).dims())));
                value = step != 0 && moved.test(i) ? value.add(direction(i).mul(new Scalar(step))) : value;
                value.set_requires_grad(step == 0);
            }
            inputs.add(value);
        }
        return inputs;
    }

    /// Whether input `index` says how to compute rather than with what: scales that decide over shapes.
    private static boolean isParameter(Node node, int index) {
        return (node.opType().equals("Resize") || node.opType().equals("Upsample")) && index > 0;
    }

    private Tensor direction(int index) {
        return HostTransfer.toTensor(
                TensorData.ofDoubles(directions.get(index), data.get(index).dims()));
    }

    /// The outputs, weighted the same way every time. Infinite elements do not count.
    private Tensor loss(List<@Nullable Tensor> inputs) {
        Tensor[] outputs = op.run(new Inputs(inputs.toArray(new @Nullable Tensor[0]), new long[inputs.size()][], null));
        Random weights = new Random(23);
        Tensor sum = torch.zeros(new long[0]).to(ScalarType.Double);
        boolean isFirst = true;
        for (Tensor output : outputs) {
            boolean isDouble = output.scalar_type().intern() == ScalarType.Double;
            if (output.is_floating_point() && (isFirst || isDouble)) { // statistics beside the result may be float
                isFirst = false;
                requireDouble(output);
                double[] weight = weights.doubles(output.numel(), 0.5, 1.5).toArray();
                Tensor weighted = output.to(ScalarType.Double)
                        .mul(HostTransfer.toTensor(TensorData.ofDoubles(weight, HostTransfer.sizes(output))));
                sum = sum.add(torch.where(torch.isfinite(weighted), weighted, torch.zeros_like(weighted))
                        .sum());
            }
        }
        return sum;
    }

    private static void requireDouble(Tensor output) {
        if (output.scalar_type().intern() != ScalarType.Double && output.requires_grad()) {
            throw new UnsupportedOperationException(
                    "computes in " + HostTransfer.typeOf(output).text());
        }
    }
}
