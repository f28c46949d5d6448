package ai.vernier.engine.op;

import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.TensorData;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// What native kernels take for granted about the shapes of a node's inputs and do not check themselves: with other
/// shapes they read and write memory that is not theirs.
@FunctionalInterface
public interface InputContract {
    /// Begins and ends of 64 axes, more than LibTorch's tensors have.
    int MAX_LIST = 128;

    /// Compares the inputs of one execution.
    ///
    /// @throws InvalidInputException where they break the contract
    void check(InputFacts in);

    /// The contract of `node`; empty where the kernels check for themselves.
    static Optional<InputContract> of(NodeView node) {
        return switch (node.node().qualifiedType()) {
            case "RNN" -> Optional.of(in -> recurrent(node, in, 1));
            case "GRU" -> Optional.of(in -> recurrent(node, in, 3));
            case "LSTM" -> Optional.of(in -> recurrent(node, in, 4));
            case "ConstantOfShape" -> Optional.of(in -> shortLists(node, in, 0));
            case "Unsqueeze", "Squeeze", "Reshape", "Expand", "Tile", "Slice", "Pad", "CenterCropPad" ->
                Optional.of(in -> shortLists(node, in, 1));
            default ->
                node.node().opType().startsWith("Reduce")
                        ? Optional.of(in -> shortLists(node, in, 1))
                        : Optional.empty();
        };
    }

    /// Lists of axes and extents come one number per axis; some operators take a step for each.
    private static void shortLists(NodeView node, InputFacts in, int first) {
        for (int i = first; i < in.size(); i++) {
            if (in.has(i) && in.numel(i) > MAX_LIST) {
                throw broken(node, i, dims(node, in, i), "at most %d elements".formatted(MAX_LIST));
            }
        }
        for (String list : List.of("axes", "shape", "starts", "pads")) {
            if (node.integers(list).length > MAX_LIST) {
                throw new InvalidInputException("%s (opset %d): %s has %d elements; expected at most %d"
                        .formatted(node.node().label(), node.opset(), list, node.integers(list).length, MAX_LIST));
            }
        }
    }

    /// `X[steps,batch,inputs]` (or batch first), `W[directions,gates·hidden,inputs]`,
    /// `R[directions,gates·hidden,hidden]`, `B[directions,2·gates·hidden]`, `lengths[batch]`,
    /// `states[directions,batch,hidden]` (or batch first), `peepholes[directions,3·hidden]`.
    private static void recurrent(NodeView node, InputFacts in, long gates) {
        boolean batchFirst = node.flag("layout", false);
        long[] x = dims(node, in, 0);
        long[] r = dims(node, in, 2);
        if (x.length != 3 || r.length != 3) {
            throw broken(node, 0, x, "three axes, as its weights have");
        }
        long directions = node.text("direction", "forward").equals("bidirectional") ? 2 : 1;
        long batch = x[batchFirst ? 0 : 1];
        long hidden = node.integer("hidden_size", 0);
        if (hidden < 1 || hidden != r[2]) {
            throw broken(node, 2, r, "a hidden_size of %d at the end".formatted(hidden));
        }
        long rows = gates * hidden;
        long[] state = batchFirst ? new long[] {batch, directions, hidden} : new long[] {directions, batch, hidden};
        List<long[]> expected = new ArrayList<>();
        expected.add(x);
        expected.add(new long[] {directions, rows, x[2]});
        expected.add(new long[] {directions, rows, hidden});
        expected.add(new long[] {directions, 2 * rows});
        expected.add(new long[] {batch});
        expected.add(state);
        expected.add(state);
        expected.add(new long[] {directions, 3 * hidden});
        compare(node, in, expected);
    }

    private static void compare(NodeView node, InputFacts in, List<long[]> expected) {
        for (int i = 0; i < expected.size(); i++) {
            boolean there = in.has(i) || node.constant(i).isPresent();
            if (there && !Arrays.equals(dims(node, in, i), expected.get(i))) {
                throw broken(node, i, dims(node, in, i), Arrays.toString(expected.get(i)));
            }
        }
    }

    private static long[] dims(NodeView node, InputFacts in, int index) {
        if (in.has(index)) {
            return in.dims(index);
        }
        return node.constant(index).map(TensorData::dims).orElse(new long[0]);
    }

    private static InvalidInputException broken(NodeView node, int index, long[] found, String expected) {
        return new InvalidInputException("%s (opset %d): input %d has shape %s; expected %s"
                .formatted(node.node().label(), node.opset(), index, Arrays.toString(found), expected));
    }
}
