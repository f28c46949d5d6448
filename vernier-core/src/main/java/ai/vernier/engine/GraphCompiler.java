package ai.vernier.engine;

import ai.vernier.engine.op.BoundOp;
import ai.vernier.engine.op.ConvolutionOp;
import ai.vernier.engine.op.InputContract;
import ai.vernier.engine.op.Inputs;
import ai.vernier.engine.op.NodeView;
import ai.vernier.engine.op.OpTable;
import ai.vernier.engine.op.OutputBound;
import ai.vernier.engine.op.OutputBounds;
import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.ElementTypes;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.onnx.UseLists;
import ai.vernier.onnx.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// Turns a graph into a [Program]: folds what is constant, drops what nobody asks for, fuses, numbers the values and
/// works out when each of them dies.
final class GraphCompiler {
    /// Folding may not blow up a model: results beyond this many elements are computed at run time.
    private static final long MAX_FOLDED_ELEMENTS = 1 << 22;

    /// Going over memory takes as long as this many multiply-accumulates for each element.
    private static final double READING = 4;

    /// Integer constants up to this many elements are kept on the host as well.
    private static final long MAX_KNOWN_ELEMENTS = 1024;

    private final Graph graph;
    private final CompileContext context;
    private final @Nullable GraphCompiler outer;
    private final ElementTypes types;
    private final Map<String, TensorData> constants = new HashMap<>();
    private final Map<String, Integer> slots = new LinkedHashMap<>();
    private final Set<String> captured = new LinkedHashSet<>();
    private final List<Draft> drafts = new ArrayList<>();

    /// Names that hide those of the graph around.
    private final Set<String> local = new HashSet<>();

    /// A step before it is known which slots die when.
    private record Draft(BoundOp op, String label, List<String> in, List<String> out) {}

    private GraphCompiler(Graph graph, CompileContext context, @Nullable GraphCompiler outer) {
        this.graph = graph;
        this.context = context;
        this.outer = outer;
        this.types = outer == null ? ElementTypes.of(graph) : outer.types.inside(graph);
        graph.inputs().forEach(input -> local.add(input.name()));
        graph.nodes().forEach(node -> local.addAll(node.outputs()));
    }

    static Program compile(Graph graph, CompileContext context) {
        return new GraphCompiler(graph, context, null).compile();
    }

    /// Compiles a sub-graph of this graph.
    SubProgram compileInner(Graph inner) {
        GraphCompiler compiler = new GraphCompiler(inner, context, this);
        Program program = compiler.compile();
        return new SubProgram(program, List.copyOf(compiler.captured));
    }

    private Program compile() {
        constants.putAll(graph.initializers());
        graph.inputs().forEach(input -> {
            if (context.overridden().contains(input.name()) || outer != null) {
                constants.remove(input.name());
            }
        });
        List<Node> live = live(fold(graph.nodes()));
        UseLists uses = graph.withNodes(live).uses();
        FusionPlan fusions = FusionPlan.of(live, uses, context.visible(), this::view);
        for (Node node : live) {
            Optional<FusionPlan.Fused> fused = fusions.endingAt(node);
            if (fused.isPresent()) {
                drafts.add(draft(fused.get()));
            } else if (!fusions.takes(node)) {
                drafts.add(draft(node));
            }
        }
        return assemble();
    }

    NodeView view(Node node) {
        return new NodeView(node, context.opset(node), this::constant, types::of).on(context.xnnpack());
    }

    private Optional<TensorData> constant(String name) {
        TensorData own = constants.get(name);
        if (own != null || outer == null || local.contains(name)) {
            return Optional.ofNullable(own);
        }
        return outer.constant(name);
    }

    /// Computes nodes whose inputs are all constant; returns the others.
    private List<Node> fold(List<Node> nodes) {
        List<Node> rest = new ArrayList<>();
        for (Node node : nodes) {
            boolean seen = node.outputs().stream().anyMatch(context.visible());
            boolean ready = UseLists.usedBy(node).stream()
                    .allMatch(name -> constant(name).isPresent());
            if (seen || !ready || !evaluate(node)) {
                rest.add(node);
            }
        }
        return rest;
    }

    /// Whether `node` could be computed. What fails here fails again, and is told, when the model runs; dead nodes do
    /// not.
    private boolean evaluate(Node node) {
        NodeView view = view(node);
        Optional<BoundOp> found =
                context.ops().find(node, view.opset()).flatMap(binder -> bindIfPossible(binder, view));
        if (found.isEmpty()) {
            return false;
        }
        try (BoundOp op = found.get();
                PointerScope _ = new PointerScope()) {
            if (!op.isRepeatable()) {
                return false;
            }
            @Nullable Tensor[] in = new @Nullable Tensor[node.inputs().size()];
            for (int i = 0; i < in.length; i++) {
                if (node.input(i).isPresent() && !op.absorbedInputs().contains(i)) {
                    in[i] = HostTransfer.toTensor(view.constant(i).orElseThrow());
                }
            }
            Inputs inputs = new Inputs(in, new long[in.length][], null);
            InputContract.of(view).ifPresent(contract -> contract.check(inputs));
            return isSmall(view, inputs) && takeIn(view, op.run(inputs));
        } catch (RuntimeException | OutOfMemoryError _) {
            return false;
        }
    }

    private boolean isSmall(NodeView view, Inputs inputs) {
        double read = IntStream.range(0, inputs.size())
                .filter(inputs::has)
                .mapToDouble(inputs::numel)
                .sum();
        Optional<OutputBound.Size> bound = OutputBounds.find(view).map(found -> found.of(inputs));
        return bound.map(OutputBound.Size::elements).orElse(0.0) <= MAX_FOLDED_ELEMENTS
                && context.folding()
                        .mayWork(READING * read
                                + bound.map(OutputBound.Size::work).orElse(0.0));
    }

    /// Makes constants of a node's results, unless they are too large.
    private boolean takeIn(NodeView view, Tensor[] results) {
        Node node = view.node();
        if (results.length < node.outputs().size()
                || Arrays.stream(results).anyMatch(tensor -> tensor.numel() > MAX_FOLDED_ELEMENTS)
                || !context.folding()
                        .mayKeep(
                                Arrays.stream(results).mapToLong(Tensor::nbytes).sum())) {
            return false;
        }
        for (int i = 0; i < node.outputs().size(); i++) {
            DataType type = HostTransfer.typeOf(results[i], view.outputType(i));
            constants.put(node.outputs().get(i), HostTransfer.toHost(results[i], type));
        }
        return true;
    }

    private static Optional<BoundOp> bindIfPossible(OpTable.Binder binder, NodeView view) {
        try {
            return Optional.of(binder.bind(view));
        } catch (UnsupportedModelException _) {
            return Optional.empty();
        }
    }

    /// The nodes that contribute to an output or a visible value.
    private List<Node> live(List<Node> nodes) {
        Set<String> needed = new HashSet<>();
        graph.outputs().forEach(output -> needed.add(output.name()));
        List<Node> kept = new ArrayList<>();
        for (Node node : nodes.reversed()) {
            if (node.outputs().stream()
                    .anyMatch(name -> needed.contains(name) || context.visible().test(name))) {
                needed.addAll(UseLists.usedBy(node));
                kept.add(node);
            }
        }
        Collections.reverse(kept);
        return kept;
    }

    private Draft draft(FusionPlan.Fused fused) {
        Node convolution = fused.convolution();
        NodeView normalization = fused.batchNormalization() == null ? null : view(fused.batchNormalization());
        List<String> in = new ArrayList<>(convolution.inputs());
        if (fused.residual() != null) {
            while (in.size() < 3) {
                in.add("");
            }
            in.add(fused.residual());
        }
        return guarded(
                convolution,
                in,
                List.of(fused.output()),
                () -> ConvolutionOp.bind(view(convolution), normalization, fused.activation()));
    }

    private Draft draft(Node node) {
        List<String> in = new ArrayList<>(node.inputs());
        return guarded(
                node, in, node.outputs(), () -> ControlFlow.bind(node, this, in).orElseGet(() -> bind(node)));
    }

    /// The step of `node`; whatever an operator does not expect becomes a complaint about the node.
    private Draft guarded(Node node, List<String> in, List<String> out, Supplier<BoundOp> binding) {
        String label = "%s (opset %d)".formatted(node.label(), context.opset(node));
        try {
            BoundOp op = new GuardedOp(binding.get(), view(node), label, context.limits());
            return new Draft(op, label, in, out);
        } catch (UnsupportedModelException | InvalidInputException e) {
            throw e;
        } catch (RuntimeException e) {
            throw GuardedOp.failure(label, e);
        }
    }

    private BoundOp bind(Node node) {
        NodeView view = view(node);
        return context.ops()
                .find(node, view.opset())
                .flatMap(binder -> bindIfPossible(binder, view))
                .orElseGet(() -> context.fallback(view));
    }

    private Program assemble() {
        for (Value input : graph.inputs()) {
            if (!constants.containsKey(input.name())) {
                slot(input.name());
            }
        }
        List<String> feedNames = new ArrayList<>(slots.keySet());
        List<List<Integer>> reads = new ArrayList<>();
        for (Draft draft : drafts) {
            reads.add(readSlots(draft));
            draft.out.forEach(name -> {
                if (!name.isEmpty()) {
                    slot(name);
                }
            });
        }
        int[] outputs =
                graph.outputs().stream().mapToInt(output -> read(output.name())).toArray();
        feedNames.addAll(captured);
        int[] feeds = feedNames.stream().mapToInt(slots::get).toArray();
        return new Program(steps(reads, outputs), feeds, feedNames, constantTensors(), outputs, context.limits());
    }

    private int slot(String name) {
        return slots.computeIfAbsent(name, _ -> slots.size());
    }

    /// The slot of a value that is read; one that this graph does not define is captured from the outer one.
    private int read(String name) {
        if (!slots.containsKey(name) && constant(name).isEmpty()) {
            if (outer == null) {
                throw new UnsupportedModelException(
                        "value '%s' is read but never computed; sparse initializers are not supported".formatted(name));
            }
            captured.add(name);
        }
        return slot(name);
    }

    private List<Integer> readSlots(Draft draft) {
        List<Integer> result = new ArrayList<>();
        for (int i = 0; i < draft.in.size(); i++) {
            String name = draft.in.get(i);
            boolean absent = name.isEmpty() || draft.op.absorbedInputs().contains(i);
            result.add(absent ? -1 : read(name));
        }
        return result;
    }

    private List<Program.Step> steps(List<List<Integer>> reads, int[] outputs) {
        Set<Integer> readLater = new HashSet<>();
        Arrays.stream(outputs).forEach(readLater::add);
        List<Program.Step> steps = new ArrayList<>();
        for (int i = drafts.size() - 1; i >= 0; i--) {
            Draft draft = drafts.get(i);
            int[] in = reads.get(i).stream().mapToInt(Integer::intValue).toArray();
            int[] out = draft.out.stream()
                    .mapToInt(name -> name.isEmpty() ? -1 : slot(name))
                    .toArray();
            Set<Integer> dead = new LinkedHashSet<>();
            Arrays.stream(in).filter(slot -> slot >= 0).forEach(dead::add);
            Arrays.stream(out).filter(slot -> slot >= 0).forEach(dead::add);
            dead.removeAll(readLater);
            Arrays.stream(in).forEach(readLater::add);
            int[] freed = dead.stream().mapToInt(Integer::intValue).toArray();
            steps.add(new Program.Step(draft.op, draft.label, in, out, draft.out, freed, known(draft)));
        }
        Collections.reverse(steps);
        return List.copyOf(steps);
    }

    private long[] @Nullable [] known(Draft draft) {
        long[] @Nullable [] known = new long[draft.in.size()][];
        for (int i = 0; i < known.length; i++) {
            known[i] = constant(draft.in.get(i))
                    .filter(value -> value.dataType().isInteger() && value.elementCount() <= MAX_KNOWN_ELEMENTS)
                    .map(TensorData::toLongs)
                    .orElse(null);
        }
        return known;
    }

    private @Nullable Tensor[] constantTensors() {
        @Nullable Tensor[] tensors = new @Nullable Tensor[slots.size()];
        slots.forEach((name, slot) -> {
            if (!captured.contains(name)) {
                constant(name).ifPresent(value -> tensors[slot] = onDevice(value));
            }
        });
        return tensors;
    }

    /// Integers stay on the host: they are shapes and indices.
    private Tensor onDevice(TensorData value) {
        try (PointerScope _ = new PointerScope()) {
            Tensor host = HostTransfer.toTensor(value);
            Tensor placed = context.cuda() && value.dataType().isFloatingPoint()
                    ? host.to(new Device(torch.DeviceType.CUDA), host.scalar_type())
                    : host;
            placed.retainReference();
            return placed;
        }
    }
}
