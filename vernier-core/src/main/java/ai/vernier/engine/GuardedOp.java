package ai.vernier.engine;

import ai.vernier.engine.kernel.Kernels;
import ai.vernier.engine.op.BoundOp;
import ai.vernier.engine.op.InputContract;
import ai.vernier.engine.op.Inputs;
import ai.vernier.engine.op.NodeView;
import ai.vernier.engine.op.Operands;
import ai.vernier.engine.op.OutputBound;
import ai.vernier.engine.op.OutputBounds;
import ai.vernier.engine.tensor.Kernel;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.UnsupportedModelException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// An operator between two checks: before it runs, that its results stay within the limits; afterwards, that it gave
/// what the node asks for. Whatever goes wrong inside becomes a complaint that names the node.
final class GuardedOp implements BoundOp {
    private static final Set<String> SHAPES = Set.of("Shape", "Size");

    private final BoundOp op;
    private final NodeView node;
    private final String label;
    private final int outputs;
    private final @Nullable InputContract contract;
    private final @Nullable OutputBound bound;
    private final RunLimits limits;

    /// @param label of the node, for messages
    GuardedOp(BoundOp op, NodeView node, String label, RunLimits limits) {
        this.op = op;
        this.node = node;
        this.label = label;
        List<String> asked = node.node().outputs();
        this.outputs = asked.size()
                - (int) asked.reversed().stream().takeWhile(String::isEmpty).count();
        this.contract = InputContract.of(node).orElse(null);
        this.bound = OutputBounds.find(node).orElse(null);
        this.limits = limits;
    }

    @Override
    public Tensor[] run(Inputs in) {
        limits.checkTime(label);
        try {
            if (contract != null) {
                contract.check(in);
            }
            if (bound != null) {
                limits.admit(label, bound.of(in));
            }
            Tensor[] results = op.run(in);
            if (results.length < outputs) {
                throw new InvalidInputException(
                        "%s: has %d outputs, its operator gives %d".formatted(label, outputs, results.length));
            }
            return results;
        } catch (UnsupportedModelException | InvalidInputException | CancellationException e) {
            throw e;
        } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
            throw failure(label, e);
        }
    }

    /// The complaint that the node does not go with its inputs.
    static InvalidInputException failure(String label, Throwable cause) {
        String message = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        String reason = inPlainWords(message.lines().findFirst().orElse("no reason given"));
        return new InvalidInputException(label + " fails on these inputs: " + reason, cause);
    }

    /// LibTorch's words without its C++ names and places.
    private static String inPlainWords(String message) {
        if (message.contains("can't allocate memory")) {
            return "there is not enough memory";
        }
        return message.replaceAll("\\[enforce fail[^]]*] ", "")
                .replace("c10::BFloat16", "bfloat16")
                .replace("c10::Half", "float16")
                .replaceAll("\\b(?:at|c10|torch)::", "");
    }

    @Override
    public Set<Integer> absorbedInputs() {
        return op.absorbedInputs();
    }

    @Override
    public boolean isRepeatable() {
        return op.isRepeatable();
    }

    @Override
    public boolean branches() {
        return op.branches();
    }

    @Override
    public boolean dependsOnShapes() {
        return SHAPES.contains(node.node().qualifiedType());
    }

    @Override
    public @Nullable Kernel kernel(Operands operands) {
        Kernel own = op.kernel(operands);
        return own == null ? Kernels.find(node, operands) : own;
    }

    @Override
    public void close() {
        op.close();
    }
}
