package ai.vernier.calibrate;

import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.UseLists;
import ai.vernier.recipe.Decision;
import ai.vernier.recipe.Plan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Which tensors share a grid, and which of them have to be looked at for it to cover all.
///
/// Tensors that are [Decision.SameAs] a leader form a group with it, chains included. A member whose
/// values cannot leave the range of other members needs no look: it is the output of an operator that
/// only moves values or averages them, and whose data inputs are members. The others are the
/// group's sources; the group's statistics are those of its sources, merged. So Concat inputs share one
/// grid that covers all of them, whichever member leads, and a Reshape costs nothing.
final class SharedGrids {
    /// Operators whose outputs stay within the range of their inputs (and zero, which every grid covers).
    private static final Set<String> STAYING_WITHIN = Set.of(
            "AveragePool",
            "Compress",
            "Concat",
            "DepthToSpace",
            "Dropout",
            "Expand",
            "Flatten",
            "Gather",
            "GatherElements",
            "GatherND",
            "GlobalAveragePool",
            "GlobalMaxPool",
            "Identity",
            "MaxPool",
            "ReduceMax",
            "ReduceMean",
            "ReduceMin",
            "Relu",
            "Reshape",
            "ReverseSequence",
            "Slice",
            "SpaceToDepth",
            "Split",
            "Squeeze",
            "Tile",
            "TopK",
            "Transpose",
            "Unsqueeze");

    private final Plan plan;
    private final UseLists uses;
    private final Map<String, List<String>> members = new LinkedHashMap<>();

    /// @throws IllegalArgumentException where the plan's tensors follow each other in a circle
    SharedGrids(Model model, Plan plan) {
        this.plan = plan;
        this.uses = model.graph().uses();
        for (String tensor : plan.quantized()) {
            members.computeIfAbsent(leader(tensor), _ -> new ArrayList<>()).add(tensor);
        }
    }

    /// The tensor at the end of `tensor`'s chain of followers; itself where it follows none.
    String leader(String tensor) {
        String leader = tensor;
        for (int steps = 0; plan.decision(leader) instanceof Decision.SameAs(String next, String _); steps++) {
            if (steps > plan.tensors().size()) {
                throw new IllegalArgumentException("the plan's tensors follow each other in a circle: " + tensor);
            }
            leader = next;
        }
        return leader;
    }

    /// The members of `leader`'s group that have to be looked at, in plan order; at least one.
    List<String> sources(String leader) {
        Set<String> group = new LinkedHashSet<>(members.getOrDefault(leader, List.of(leader)));
        return group.stream().filter(member -> !staysWithin(member, group)).toList();
    }

    private boolean staysWithin(String tensor, Set<String> group) {
        return uses.producer(tensor)
                .filter(SharedGrids::outputsStayWithinInputs)
                .filter(producer -> group.containsAll(dataInputs(producer)))
                .isPresent();
    }

    /// The inputs whose values are passed on; the others are shapes, indices and the like.
    private static List<String> dataInputs(Node node) {
        return node.opType().equals("Concat") ? node.inputs() : node.inputs().subList(0, 1);
    }

    private static boolean outputsStayWithinInputs(Node node) {
        if (!node.domain().isEmpty() || node.inputs().isEmpty()) {
            return false;
        }
        return switch (node.opType()) {
            case "Resize", "Upsample" ->
                !node.stringAttribute("mode", "nearest").equals("cubic");
            case "Pad" -> node.input(2).isEmpty() && node.floatAttribute("value", 0) == 0;
            default -> STAYING_WITHIN.contains(node.opType());
        };
    }
}
