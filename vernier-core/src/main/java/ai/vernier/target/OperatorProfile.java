package ai.vernier.target;

import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Node;
import java.util.List;

/// How a target treats some operators under some conditions.
///
/// @param operators as [Node#qualifiedType()] writes them
/// @param conditions all must hold
public record OperatorProfile(List<String> operators, List<Condition> conditions, Behaviour behaviour) {
    public OperatorProfile {
        operators = List.copyOf(operators);
        conditions = List.copyOf(conditions);
    }

    public boolean appliesTo(Node node, Graph graph) {
        return operators.contains(node.qualifiedType())
                && conditions.stream().allMatch(condition -> condition.holds(node, graph));
    }
}
