package ai.vernier.engine;

import ai.vernier.engine.op.Activation;
import ai.vernier.engine.op.ConvolutionOp;
import ai.vernier.engine.op.NodeView;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.UseLists;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Which nodes run as one step. A convolution takes in what follows it, as long as nobody else reads the values
/// between:
///
///     Conv → [BatchNormalization] → [activation | x·σ(x) | Add residual → activation]
@SuppressWarnings("ReferenceEquality") // nodes of one graph are told apart by identity
final class FusionPlan {
    /// A convolution with its followers.
    ///
    /// @param residual name of the value that is added before the activation; null without one
    /// @param output name of the last value
    record Fused(
            Node convolution,
            @Nullable Node batchNormalization,
            @Nullable String residual,
            Activation activation,
            String output) {}

    private final UseLists uses;
    private final Predicate<String> visible;
    private final Function<Node, NodeView> views;
    private final Set<Node> taken = Collections.newSetFromMap(new IdentityHashMap<>());
    private final IdentityHashMap<Node, Fused> byLastNode = new IdentityHashMap<>();

    private FusionPlan(UseLists uses, Predicate<String> visible, Function<Node, NodeView> views) {
        this.uses = uses;
        this.visible = visible;
        this.views = views;
    }

    /// @param visible values that must be computed because somebody looks at them
    static FusionPlan of(List<Node> nodes, UseLists uses, Predicate<String> visible, Function<Node, NodeView> views) {
        FusionPlan plan = new FusionPlan(uses, visible, views);
        for (Node node : nodes) {
            if (node.qualifiedType().equals("Conv") && !plan.taken.contains(node)) {
                plan.fuse(node);
            }
        }
        return plan;
    }

    /// What to run in place of `node`: empty where it runs alone, or is part of a fusion that runs later.
    Optional<Fused> endingAt(Node node) {
        return Optional.ofNullable(byLastNode.get(node));
    }

    /// Whether `node` runs inside a fusion.
    boolean takes(Node node) {
        return taken.contains(node);
    }

    private void fuse(Node convolution) {
        Chain chain = new Chain(convolution);
        takeBatchNormalization(chain);
        if (!takeActivation(chain) && takeResidual(chain)) {
            takeActivation(chain);
        }
        if (chain.last != convolution) {
            byLastNode.put(
                    chain.last,
                    new Fused(convolution, chain.normalization, chain.residual, chain.activation, chain.value()));
        }
    }

    /// The fusion as it grows.
    private static final class Chain {
        private Node last;
        private @Nullable Node normalization;
        private @Nullable String residual;
        private Activation activation = new Activation.None();

        Chain(Node convolution) {
            last = convolution;
        }

        String value() {
            return last.outputs().getFirst();
        }
    }

    private Optional<Node> soleReader(String value) {
        return visible.test(value)
                ? Optional.empty()
                : uses.soleConsumer(value)
                        .filter(node -> !taken.contains(node) && node.outputs().size() == 1);
    }

    private void advance(Chain chain, Node next) {
        taken.add(chain.last);
        taken.add(next);
        chain.last = next;
    }

    private void takeBatchNormalization(Chain chain) {
        if (!ConvolutionOp.hasConstantWeights(views.apply(chain.last))) {
            return;
        }
        soleReader(chain.value())
                .filter(node -> node.qualifiedType().equals("BatchNormalization"))
                .filter(node -> hasConstantParameters(views.apply(node)))
                .ifPresent(node -> {
                    chain.normalization = node;
                    advance(chain, node);
                });
    }

    private static boolean hasConstantParameters(NodeView normalization) {
        for (int i = 1; i <= 4; i++) {
            if (normalization
                    .constant(i)
                    .filter(value -> value.dataType() == DataType.FLOAT)
                    .isEmpty()) {
                return false;
            }
        }
        return !normalization.flag("training_mode", false);
    }

    private boolean takeActivation(Chain chain) {
        if (takeSwish(chain)) {
            return true;
        }
        Optional<Node> reader = soleReader(chain.value())
                .filter(node -> node.input(0).filter(chain.value()::equals).isPresent());
        Optional<Activation> activation = reader.flatMap(node -> Activation.of(views.apply(node)));
        if (activation.isEmpty()) {
            return false;
        }
        chain.activation = activation.get();
        advance(chain, reader.orElseThrow());
        return true;
    }

    /// x → Sigmoid → s,  Mul(x, s)
    private boolean takeSwish(Chain chain) {
        String x = chain.value();
        List<Node> readers = uses.consumers(x);
        if (readers.size() != 2 || visible.test(x) || uses.isGraphOutput(x)) {
            return false;
        }
        Node sigmoid = readers.get(0).opType().equals("Sigmoid") ? readers.get(0) : readers.get(1);
        Node product = sigmoid == readers.get(0) ? readers.get(1) : readers.get(0);
        if (!sigmoid.qualifiedType().equals("Sigmoid")
                || !product.qualifiedType().equals("Mul")) {
            return false;
        }
        String gate = sigmoid.outputs().getFirst();
        boolean whole = Set.copyOf(product.inputs()).equals(Set.of(x, gate));
        if (!whole || soleReader(gate).filter(reader -> reader == product).isEmpty()) {
            return false;
        }
        chain.activation = new Activation.Swish();
        advance(chain, sigmoid);
        advance(chain, product);
        return true;
    }

    private boolean takeResidual(Chain chain) {
        String value = chain.value();
        Optional<Node> sum =
                soleReader(value).filter(node -> node.qualifiedType().equals("Add"));
        Optional<String> other = sum.flatMap(node ->
                node.inputs().stream().filter(name -> !name.equals(value)).findFirst());
        if (other.isEmpty()
                || views.apply(sum.orElseThrow()).constant(0).isPresent()
                || views.apply(sum.orElseThrow()).constant(1).isPresent()) {
            return false;
        }
        chain.residual = other.get();
        advance(chain, sum.orElseThrow());
        return true;
    }
}
