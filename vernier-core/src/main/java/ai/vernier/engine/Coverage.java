package ai.vernier.engine;

import ai.vernier.engine.op.OpTable;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.ElementTypes;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/// Who would compute the nodes of a model, as the operator table tells: nothing is compiled, and no native library is
/// loaded. A node that the table has may still go to ONNX Runtime where an attribute asks for more than its formula.
public final class Coverage {
    private final OpTable ops = OpTable.builtIn();
    private final Model model;

    /// @param model without functions, which the engine inlines
    public Coverage(Model model) {
        this.model = model;
    }

    /// Who would compute `node`.
    ///
    /// @param types of the graph that the node stands in
    public Runner of(Node node, ElementTypes types) {
        if (obstacle(node, types::of).isPresent()) {
            return Runner.UNSUPPORTED;
        }
        if (ControlFlow.handles(node)
                || ops.find(node, model.opset(node.domain())).isPresent()) {
            return Runner.NATIVE;
        }
        boolean foreign = !node.domain().isEmpty() && CompileContext.ORT_DOMAINS.contains(node.domain());
        return foreign ? Runner.FALLBACK : Runner.UNSUPPORTED;
    }

    /// What keeps a node from being computed by anybody, in words; empty where nothing does.
    ///
    /// @param types element types by value, as far as they are known
    static Optional<String> obstacle(Node node, Function<String, Optional<DataType>> types) {
        if (handlesNoTensor(node)) {
            return Optional.of("it handles sequences, optional values or image files, and only tensors are supported");
        }
        return readsOrWritesStrings(node, types)
                ? Optional.of("it reads or writes strings, and only numbers and booleans are supported")
                : Optional.empty();
    }

    /// Sequences, optional values and image files.
    private static boolean handlesNoTensor(Node node) {
        String type = node.qualifiedType();
        return (type.contains("Sequence") && !type.equals("ReverseSequence"))
                || type.startsWith("Optional")
                || type.equals("ImageDecoder");
    }

    private static boolean readsOrWritesStrings(Node node, Function<String, Optional<DataType>> types) {
        return Stream.concat(node.inputs().stream(), node.outputs().stream())
                .anyMatch(name ->
                        types.apply(name).filter(DataType.STRING::equals).isPresent());
    }
}
