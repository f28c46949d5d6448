package ai.vernier.onnx.rewrite;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.UnsupportedModelException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Raises a model to a newer version of the `ai.onnx` operators, rewriting each node whose meaning changed in between
/// so that the model computes what it computed before. Values keep their names.
///
/// What changed when is stated in the
/// [changelog of the operators](https://github.com/onnx/onnx/blob/main/docs/Changelog.md); operators that only learned
/// more element types or new optional attributes stay as they are.
public final class OpsetUpgrade {
    /// The oldest version that can be raised.
    public static final long OLDEST = 7;

    /// The newest version to which a model can be raised.
    public static final long NEWEST = 24;

    private OpsetUpgrade() {}

    /// `model` against `version` of `ai.onnx`, its IR version raised where that version asks for it; the model itself
    /// where it is as new already.
    ///
    /// @throws UnsupportedModelException where a node cannot be converted; it names node, operator and version
    public static Model raise(Model model, long version) {
        if (model.opset() >= version) {
            return model;
        }
        check(model, version);
        NameSupply names = NameSupply.of(model.graph());
        Graph graph = new Raise(model.opset(), version, names).graph(model.graph());
        return model.withGraph(graph)
                .withOpset("", version)
                .withIrVersion(Math.max(model.irVersion(), irVersion(version)));
    }

    /// The oldest IR version that may carry `opset`
    /// ([the table of releases](https://github.com/onnx/onnx/blob/main/docs/Versioning.md)).
    public static long irVersion(long opset) {
        if (opset <= 8) {
            return 3;
        }
        if (opset <= 11) {
            return opset - 5;
        }
        if (opset <= 14) {
            return 7;
        }
        if (opset <= 18) {
            return 8;
        }
        if (opset <= 20) {
            return 9;
        }
        return opset <= 22 ? 10 : opset - 12;
    }

    private static void check(Model model, long version) {
        if (model.opset() < OLDEST || version > NEWEST) {
            throw new UnsupportedModelException(
                    "the model is of opset %d and opset %d is needed; versions %d to %d can be converted"
                            .formatted(model.opset(), version, OLDEST, NEWEST));
        }
        if (!model.functions().isEmpty()) {
            throw new UnsupportedModelException(
                    "function '%s': a model of opset %d with functions of its own cannot be raised to opset %d; inline them first"
                            .formatted(model.functions().getFirst().name(), model.opset(), version));
        }
    }

    /// One raise of one graph and, each with its own constants, of its sub-graphs.
    private record Raise(long from, long to, NameSupply names) {
        Graph graph(Graph graph) {
            OpsetSteps.Site site = new OpsetSteps.Site(graph, names);
            List<Node> nodes = new ArrayList<>();
            for (Node node : graph.nodes()) {
                nodes.addAll(node(subGraphs(node), site));
            }
            return graph.withNodes(nodes).withInitializers(site.initializers());
        }

        private List<Node> node(Node node, OpsetSteps.Site site) {
            List<Node> nodes = List.of(node);
            for (long version = from + 1; version <= to; version++) {
                List<Node> raised = new ArrayList<>();
                for (Node each : nodes) {
                    raised.addAll(OpsetSteps.convert(each, version, site));
                }
                nodes = raised;
            }
            return nodes;
        }

        private Node subGraphs(Node node) {
            Map<String, Attribute> attributes = new LinkedHashMap<>(node.attributes());
            attributes.replaceAll((_, attribute) -> switch (attribute) {
                case Attribute.GraphValue(Graph graph) -> new Attribute.GraphValue(graph(graph));
                case Attribute.GraphsValue(List<Graph> graphs) ->
                    new Attribute.GraphsValue(graphs.stream().map(this::graph).toList());
                default -> attribute;
            });
            return attributes.equals(node.attributes()) ? node : node.withAttributes(attributes);
        }
    }
}
