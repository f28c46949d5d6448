package ai.vernier.target;

import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Node;
import ai.vernier.quant.IntegerFormat;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/// What a piece of hardware computes on integers, and how.
///
/// @param weights profile of constant weights; `format` is what they get unless a recipe asks otherwise
/// @param bias format of a bias on the grid of its accumulator
/// @param operators in order of precedence: the first that applies to a node counts
/// @param selfGates functions g of which x · g(x) is one function too, as SiLU is for Sigmoid
public record Target(
        String name,
        String description,
        TensorProfile activations,
        TensorProfile weights,
        IntegerFormat bias,
        List<OperatorProfile> operators,
        List<Fusion> fusions,
        List<String> selfGates) {
    /// The target that ships with this library.
    public static final String GENERIC_INT8 = "generic-int8";

    public Target {
        operators = List.copyOf(operators);
        fusions = List.copyOf(fusions);
        selfGates = List.copyOf(selfGates);
    }

    /// The target of that name among those that ship with this library, or else in the file of that path.
    ///
    /// @throws ai.vernier.onnx.InvalidInputException where there is neither, or the file is wrong
    public static Target load(String nameOrPath) {
        return TargetReader.load(nameOrPath);
    }

    public Behaviour behaviour(Node node, Graph graph) {
        return operators.stream()
                .filter(profile -> profile.appliesTo(node, graph))
                .map(OperatorProfile::behaviour)
                .findFirst()
                .orElseGet(() -> new Behaviour.StaysFloat(
                        "target %s has no integer form of %s".formatted(name, node.qualifiedType())));
    }

    /// Every operator type this target mentions, sorted.
    public Collection<String> knownOperators() {
        TreeSet<String> known = new TreeSet<>();
        operators.forEach(profile -> known.addAll(profile.operators()));
        return known;
    }
}
