package ai.vernier.analyze;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Value;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.LongStream;

/// Shapes in and behind the sub-graphs of If, Loop and Scan.
final class ControlFlowShapes {
    private ControlFlowShapes() {}

    /// Infers the outputs of `node`; false where it is of another family.
    static boolean infer(NodeFacts node) {
        switch (node.type()) {
            case "If" -> choice(node);
            case "Loop" -> loop(node);
            case "Scan" -> scan(node);
            default -> {
                return false;
            }
        }
        return true;
    }

    /// The sub-graph in attribute `name`.
    static Graph body(Node node, String name) {
        if (node.attributes().get(name) instanceof Attribute.GraphValue(Graph graph)) {
            return graph;
        }
        throw new Undetermined();
    }

    /// The branches that an If may take: one where its condition is known.
    static List<Graph> branches(NodeFacts node) {
        Graph then = body(node.node(), "then_branch");
        Graph otherwise = body(node.node(), "else_branch");
        Optional<Boolean> condition = condition(node, 0);
        return condition.isEmpty() ? List.of(then, otherwise) : List.of(condition.get() ? then : otherwise);
    }

    private static Optional<Boolean> condition(NodeFacts node, int input) {
        String name = node.node().input(input).orElse("");
        Optional<Boolean> constant = node.values()
                .constant(name)
                .filter(tensor -> tensor.dataType() == DataType.BOOL && tensor.elementCount() == 1)
                .map(tensor -> tensor.bytes().get(ValueLayout.JAVA_BYTE, 0) != 0);
        return constant.isPresent()
                ? constant
                : node.values()
                        .elements(name)
                        .filter(elements -> elements.length == 1 && elements[0] != ValueFacts.UNKNOWN)
                        .map(elements -> elements[0] != 0);
    }

    /// Iterations of a Loop or Scan; empty where they are not known. A Loop may also end before.
    static OptionalLong iterations(NodeFacts node) {
        try {
            long count = node.type().equals("Loop") ? node.integers(0)[0] : scanned(node);
            return count < 0 ? OptionalLong.empty() : OptionalLong.of(count);
        } catch (Undetermined | IndexOutOfBoundsException _) {
            return OptionalLong.empty();
        }
    }

    /// Extent of the axis that a Scan walks along.
    private static long scanned(NodeFacts node) {
        long[] extents = node.shape(node.node().inputs().size() - 1);
        return extents[axes(node, "scan_input_axes", extents.length).getLast()];
    }

    private static void choice(NodeFacts node) {
        List<ValueFacts> taken = new ArrayList<>();
        List<Graph> branches = branches(node);
        for (Graph branch : branches) {
            ValueFacts facts = ShapeInference.complete(branch, new ValueFacts(branch, node.values()));
            node.values().setInside(branch, facts);
            taken.add(facts);
        }
        for (int i = 0; i < node.node().outputs().size(); i++) {
            long[] out = handedOut(branches.getFirst(), taken.getFirst(), i);
            if (taken.size() == 2) {
                out = common(out, handedOut(branches.getLast(), taken.getLast(), i));
            }
            node.is(i, out);
        }
    }

    private static long[] handedOut(Graph graph, ValueFacts facts, int output) {
        return facts.shape(graph.outputs().get(output).name()).orElseThrow(Undetermined::new);
    }

    /// Extents that both have; open where they differ.
    private static long[] common(long[] a, long[] b) {
        if (a.length != b.length) {
            throw new Undetermined();
        }
        return LongStream.range(0, a.length)
                .map(i -> a[(int) i] == b[(int) i] ? a[(int) i] : ValueFacts.OPEN)
                .toArray();
    }

    /// Body: (iteration, condition, states) → (condition, states, results that are stacked).
    private static void loop(NodeFacts node) {
        Graph body = body(node.node(), "body");
        int states = node.node().inputs().size() - 2;
        List<Optional<long[]>> fed = new ArrayList<>(List.of(Optional.of(new long[0]), Optional.of(new long[0])));
        for (int i = 0; i < states; i++) {
            fed.add(node.node().input(i + 2).flatMap(node.values()::shape));
        }
        ValueFacts facts = settled(node, body, new Fed(fed, 2, 1));
        long length = runsThrough(node, body) ? iterations(node).orElse(ValueFacts.OPEN) : ValueFacts.OPEN;
        for (int i = 0; i < node.node().outputs().size(); i++) {
            Optional<long[]> out = facts.shape(body.outputs().get(i + 1).name());
            int output = i;
            out.ifPresent(extents -> node.is(output, output < states ? extents : inserted(extents, 0, length)));
        }
    }

    /// Whether a Loop ends by its count alone: its condition starts true, and the body hands it on.
    private static boolean runsThrough(NodeFacts node, Graph body) {
        String condition = body.inputs().get(1).name();
        String next = body.outputs().getFirst().name();
        boolean handsOn = next.equals(condition)
                || body.nodes().stream()
                        .anyMatch(inner -> inner.qualifiedType().equals("Identity")
                                && inner.inputs().equals(List.of(condition))
                                && inner.outputs().equals(List.of(next)));
        return handsOn && (!node.has(1) || condition(node, 1).equals(Optional.of(true)));
    }

    /// Body: (states, slices) → (states, slices that are stacked).
    private static void scan(NodeFacts node) {
        Graph body = body(node.node(), "body");
        int slices = Math.toIntExact(node.number("num_scan_inputs", 0));
        int states = node.node().inputs().size() - slices;
        if (body.inputs().size() != node.node().inputs().size()) {
            throw new Undetermined(); // opset 8 has batches and sequence lengths
        }
        List<Optional<long[]>> fed = new ArrayList<>();
        for (int i = 0; i < node.node().inputs().size(); i++) {
            Optional<long[]> shape = node.node().input(i).flatMap(node.values()::shape);
            int slice = i - states;
            fed.add(
                    slice < 0
                            ? shape
                            : shape.map(extents -> without(
                                    extents,
                                    axes(node, "scan_input_axes", extents.length)
                                            .get(slice))));
        }
        ValueFacts facts = settled(node, body, new Fed(fed, 0, 0));
        long length = iterations(node).orElse(ValueFacts.OPEN);
        for (int i = 0; i < node.node().outputs().size(); i++) {
            Optional<long[]> out = facts.shape(body.outputs().get(i).name());
            int output = i;
            out.ifPresent(extents -> node.is(
                    output,
                    output < states
                            ? extents
                            : inserted(
                                    extents,
                                    axes(node, "scan_output_axes", extents.length + 1)
                                            .get(output - states),
                                    length)));
        }
    }

    /// The axis of each scanned tensor of that rank; 0 unless the node says otherwise.
    private static List<Integer> axes(NodeFacts node, String attribute, int rank) {
        long[] stated = node.node()
                .intsAttribute(attribute)
                .orElseGet(() -> PointwiseShapes.filled(
                        node.node().inputs().size() + node.node().outputs().size(), 0));
        return Arrays.stream(stated)
                .mapToObj(axis -> NodeFacts.axis(axis, rank))
                .toList();
    }

    private static long[] without(long[] extents, int axis) {
        return LongStream.range(0, extents.length)
                .filter(i -> i != axis)
                .map(i -> extents[(int) i])
                .toArray();
    }

    private static long[] inserted(long[] extents, int axis, long extent) {
        long[] out = Arrays.copyOf(extents, extents.length + 1);
        System.arraycopy(extents, axis, out, axis + 1, extents.length - axis);
        out[axis] = extent;
        return out;
    }

    /// What a body is fed in the first iteration.
    ///
    /// @param shapes per input of the body
    /// @param firstState index of the first input that is a state
    /// @param firstResult index of the output that becomes this state
    private record Fed(List<Optional<long[]>> shapes, int firstState, int firstResult) {}

    /// The facts about a body that hold in every iteration: what a state does not keep is open.
    private static ValueFacts settled(NodeFacts node, Graph body, Fed fed) {
        ValueFacts first = entered(node, body, fed);
        List<Optional<long[]>> kept = new ArrayList<>(fed.shapes());
        boolean changes = false;
        for (int i = fed.firstState();
                i < kept.size()
                        && i - fed.firstState() + fed.firstResult()
                                < body.outputs().size();
                i++) {
            Value result = body.outputs().get(i - fed.firstState() + fed.firstResult());
            Optional<long[]> before = kept.get(i);
            Optional<long[]> after = first.shape(result.name());
            boolean isState = body.inputs().size() > i && !isSlice(node, i);
            if (isState && before.isPresent() && after.isPresent() && !Arrays.equals(before.get(), after.get())) {
                kept.set(
                        i,
                        before.get().length == after.get().length
                                ? Optional.of(common(before.get(), after.get()))
                                : Optional.empty());
                changes = true;
            }
        }
        ValueFacts settled = changes ? entered(node, body, new Fed(kept, fed.firstState(), fed.firstResult())) : first;
        node.values().setInside(body, settled);
        return settled;
    }

    private static boolean isSlice(NodeFacts node, int input) {
        return node.type().equals("Scan") && input >= node.node().inputs().size() - node.number("num_scan_inputs", 0);
    }

    private static ValueFacts entered(NodeFacts node, Graph body, Fed fed) {
        ValueFacts facts = new ValueFacts(body, node.values());
        for (int i = 0; i < body.inputs().size(); i++) {
            int index = i;
            Value input = body.inputs().get(i);
            Optional<long[]> shape = i < fed.shapes().size() ? fed.shapes().get(index) : Optional.empty();
            shape.ifPresent(extents -> facts.setShape(input.name(), extents));
        }
        return ShapeInference.complete(body, facts);
    }
}
