package ai.vernier.simulate;

import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Node;
import ai.vernier.quant.Encoding;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Makes a simulated graph round where integer kernels round, so that it agrees with them code for code: sums of
/// products (Conv, Gemm, MatMul) get an [AccumulatorToGrid], the others their [KernelFormulas].
///
/// It matters: a deep network on 8 bits is chaotic. One code in a hundred thousand that is off by one in an early
/// layer, because a float32 sum happens to lie beside a tie, grows to the size of the whole quantization
/// error.
final class IntegerKernels {
    private final Graph graph;
    private final Map<String, Encoding> encodings;
    private final KernelMatch match;
    private final KernelFormulas formulas;
    private final Map<String, ToGrid> steps = new HashMap<>();
    private final Set<String> written = new HashSet<>();

    private IntegerKernels(Graph graph, Map<String, Encoding> encodings) {
        this.graph = graph;
        this.encodings = encodings;
        this.match = new KernelMatch(graph, encodings);
        this.formulas = new KernelFormulas(graph);
    }

    /// A graph and how its values are moved to their grids.
    record Rounded(Graph graph, Map<String, ToGrid> steps) {}

    /// `graph` with its values named as before.
    static Rounded in(Graph graph, Map<String, Encoding> encodings) {
        IntegerKernels kernels = new IntegerKernels(graph, encodings);
        graph.nodes().forEach(kernels::add);
        Graph rounded = graph.withNodes(kernels.formulas.nodes()).withInitializers(kernels.formulas.initializers());
        return new Rounded(rounded, Map.copyOf(kernels.steps));
    }

    private void add(Node node) {
        if (written.contains(node.outputs().getFirst())) {
            return;
        }
        boolean replaced = node.domain().isEmpty()
                && switch (node.opType()) {
                    case "Add", "Mul" -> replaceElementwise(node);
                    case "GlobalAveragePool" -> replacePool(node);
                    default -> false;
                };
        if (!replaced && !replaceSumOfProducts(node)) {
            formulas.keep(node);
        }
    }

    private boolean replaceElementwise(Node node) {
        Optional<KernelFormulas.Operand> a = operand(node, 0);
        Optional<KernelFormulas.Operand> b = operand(node, 1);
        if (a.isEmpty()
                || b.isEmpty()
                || !a.get().grid().format().equals(b.get().grid().format())) {
            return false;
        }
        Optional<KernelFormulas.Operand> output = output(node, a.get().grid());
        output.ifPresent(target -> {
            if (node.opType().equals("Add")) {
                formulas.sum(a.get(), b.get(), target);
            } else {
                formulas.product(a.get(), b.get(), target);
            }
            replace(target, true);
        });
        return output.isPresent();
    }

    private boolean replacePool(Node node) {
        Optional<KernelFormulas.Operand> a = operand(node, 0);
        Optional<KernelFormulas.Operand> output = a.flatMap(operand -> output(node, operand.grid()));
        output.ifPresent(target -> {
            formulas.globalAverage(a.orElseThrow(), target);
            replace(target, false);
        });
        return output.isPresent();
    }

    private Optional<KernelFormulas.Operand> operand(Node node, int input) {
        String value = node.inputs().get(input);
        return match.byteGrid(value)
                .filter(_ -> !graph.initializers().containsKey(value))
                .map(grid -> new KernelFormulas.Operand(value, grid));
    }

    private Optional<KernelFormulas.Operand> output(Node node, Encoding input) {
        return match.written(node, input.format())
                .map(value ->
                        new KernelFormulas.Operand(value, match.byteGrid(value).orElseThrow()));
    }

    private void replace(KernelFormulas.Operand target, boolean fromLowest) {
        written.add(target.value());
        steps.put(target.value(), new CodesToGrid(target.grid(), fromLowest));
    }

    /// The node without its bias and without the activation that the grid implies.
    private boolean replaceSumOfProducts(Node node) {
        Optional<KernelMatch.Sum> found = match.sum(node);
        if (found.isEmpty()) {
            return false;
        }
        KernelMatch.Sum sum = found.get();
        String output = node.outputs().getFirst();
        Optional<String> onGrid = match.written(node, sum.input().format());
        boolean staysFloat = onGrid.isEmpty() && sum.mayStayFloat() && !encodings.containsKey(output);
        if (onGrid.isEmpty() && !staysFloat) {
            return false;
        }
        String target = onGrid.orElse(output);
        formulas.keep(node.withInputs(node.inputs().subList(0, 2)).withOutputs(List.of(target)));
        written.add(target);
        steps.put(
                target,
                new AccumulatorToGrid(
                        sum.axis(), sum.scales(), match.biasCodes(node), onGrid.flatMap(match::byteGrid)));
        return true;
    }
}
