package ai.vernier.onnx;

import java.util.ArrayList;
import java.util.List;

/// An ONNX model: a graph, the operator sets it is written against and where it came from.
public record Model(
        long irVersion,
        List<OperatorSet> operatorSets,
        Producer producer,
        Graph graph,
        List<Function> functions,
        Details details) {
    public Model {
        operatorSets = List.copyOf(operatorSets);
        functions = List.copyOf(functions);
    }

    /// A model of this library's making around `graph`, against version `opset` of `ai.onnx`.
    public static Model of(Graph graph, long opset) {
        Producer producer = new Producer("vernier", "", "", 0);
        return new Model(10, List.of(new OperatorSet("", opset)), producer, graph, List.of(), Details.NONE);
    }

    /// The version of the default domain; 1 where the model does not say, as the specification has it.
    public long opset() {
        return opset("");
    }

    /// The version of `domain`; 1 where the model does not import it.
    public long opset(String domain) {
        return operatorSets.stream()
                .filter(set -> set.domain().equals(domain))
                .mapToLong(OperatorSet::version)
                .findFirst()
                .orElse(1);
    }

    public Model withGraph(Graph changed) {
        return new Model(irVersion, operatorSets, producer, changed, functions, details);
    }

    /// The same model declaring `version` of `domain`; the nodes are not converted.
    public Model withOpset(String domain, long version) {
        List<OperatorSet> sets = new ArrayList<>(operatorSets);
        sets.removeIf(set -> set.domain().equals(domain));
        sets.add(new OperatorSet(domain, version));
        return new Model(irVersion, sets, producer, graph, functions, details);
    }

    public Model withIrVersion(long version) {
        return new Model(version, operatorSets, producer, graph, functions, details);
    }
}
