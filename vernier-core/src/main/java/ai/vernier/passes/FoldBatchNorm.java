package ai.vernier.passes;

import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.rewrite.GraphEditor;
import ai.vernier.onnx.rewrite.NodePair;
import ai.vernier.onnx.rewrite.Outcome;
import ai.vernier.onnx.rewrite.Pass;
import ai.vernier.onnx.rewrite.PassLog;
import ai.vernier.onnx.rewrite.PassResult;
import ai.vernier.onnx.rewrite.Rule;
import ai.vernier.onnx.rewrite.RulePass;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Folds batch normalizations into the sum of products before them, or else after them. With σ' = √(σ² + ε):
///
/// ```
/// Conv → BatchNormalization → …  becomes  Conv' → …    W' = W·γ/σ',  b' = (b − μ)·γ/σ' + β
/// BatchNormalization → Conv → …  becomes  Conv' → …    W' = W·γ/σ',  b' = b + Σ W·(β − μ·γ/σ')
/// ```
///
/// Before: Conv, ConvTranspose, Gemm, MatMul, along the output channels. After: Conv without padding and groups (a
/// padded zero would have to become −shift/scale), Gemm and MatMul, along the input channels. MatMul becomes Gemm.
/// Computed in double precision, rounded to float once.
public final class FoldBatchNorm implements Pass {
    private static final String NAME = "FoldBatchNorm";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public PassResult apply(Model model) {
        if (model.opset() < 7) {
            PassLog.Entry entry = new PassLog.Entry(
                    NAME,
                    "model",
                    new Outcome.Skipped(
                            "opset %d normalizes in training; 7 and newer are folded".formatted(model.opset())));
            return new PassResult(model, new PassLog(List.of(entry)));
        }
        Ranks ranks = Ranks.of(model.graph());
        PassResult backward = new RulePass<>(new Backward(ranks)).apply(model);
        PassResult forward = new RulePass<>(new Forward(ranks)).apply(backward.model());
        return new PassResult(forward.model(), backward.log().plus(forward.log()));
    }

    /// A batch normalization and the node it is folded into.
    record Match(Node normalization, Node weighted) {}

    /// Into the node before.
    private record Backward(Ranks ranks) implements Rule<Match> {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public Optional<Match> match(Node node, GraphEditor graph) {
            return NodePair.endingAt(node, graph, WeightedNode::isWeighted, BatchNormalization::isOne)
                    .map(pair -> new Match(pair.second(), pair.first()));
        }

        @Override
        public Optional<String> objection(Match match, GraphEditor graph) {
            String between = match.normalization.inputs().getFirst();
            return graph.objectionToSharing(between)
                    .or(() -> BatchNormalization.objection(match.normalization, graph))
                    .or(() -> WeightedNode.objection(match.weighted, graph))
                    .or(() -> ranks.objection(match.weighted))
                    .or(() -> channelObjection(
                            match, WeightedNode.of(match.weighted, graph).outputs(), graph))
                    .or(() -> graph.objectionToBypass(
                            match.normalization.outputs().getFirst(), between));
        }

        @Override
        public String rewrite(Match match, GraphEditor graph) {
            BatchNormalization numbers = BatchNormalization.of(match.normalization, graph);
            WeightedNode.of(match.weighted, graph).scaleOutputs(numbers.scale(), numbers.shift(), graph);
            graph.bypass(
                    match.normalization,
                    match.normalization.outputs().getFirst(),
                    match.normalization.inputs().getFirst());
            return "folded into " + match.weighted.label() + " before it";
        }
    }

    /// Into the node after.
    private record Forward(Ranks ranks) implements Rule<Match> {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public Optional<Match> match(Node node, GraphEditor graph) {
            if (!BatchNormalization.isOne(node)) {
                return Optional.empty();
            }
            String output = node.outputs().getFirst();
            return graph.consumers(output).stream()
                    .filter(WeightedNode::isWeighted)
                    .filter(reader -> reader.inputs().getFirst().equals(output))
                    .findFirst()
                    .map(weighted -> new Match(node, weighted));
        }

        @Override
        public Optional<String> objection(Match match, GraphEditor graph) {
            String between = match.normalization.outputs().getFirst();
            return graph.objectionToSharing(between)
                    .or(() -> BatchNormalization.objection(match.normalization, graph))
                    .or(() -> layoutObjection(match.weighted))
                    .or(() -> WeightedNode.objection(match.weighted, graph))
                    .or(() -> ranks.objection(match.weighted))
                    .or(() -> channelObjection(
                            match, WeightedNode.of(match.weighted, graph).inputs(), graph))
                    .or(() -> graph.objectionToBypass(
                            between, match.normalization.inputs().getFirst()));
        }

        private static Optional<String> layoutObjection(Node node) {
            boolean padded = node.intsAttribute("pads")
                            .filter(pads -> Arrays.stream(pads).anyMatch(pad -> pad != 0))
                            .isPresent()
                    || node.stringAttribute("auto_pad", "NOTSET").startsWith("SAME");
            if (padded) {
                return Optional.of("%s pads with zeros, which are not normalized".formatted(node.label()));
            }
            if (node.intAttribute("group", 1) != 1 || node.opType().equals("ConvTranspose")) {
                return Optional.of("%s has groups or is transposed".formatted(node.label()));
            }
            return node.intAttribute("transA", 0) != 0
                    ? Optional.of("%s reads its input transposed".formatted(node.label()))
                    : Optional.empty();
        }

        @Override
        public String rewrite(Match match, GraphEditor graph) {
            BatchNormalization numbers = BatchNormalization.of(match.normalization, graph);
            WeightedNode.of(match.weighted, graph).scaleInputs(numbers.scale(), numbers.shift(), graph);
            graph.bypass(
                    match.normalization,
                    match.normalization.outputs().getFirst(),
                    match.normalization.inputs().getFirst());
            return "folded into " + match.weighted.label() + " after it";
        }
    }

    private static Optional<String> channelObjection(Match match, int channels, GraphEditor graph) {
        int normalized = BatchNormalization.of(match.normalization, graph).channels();
        return channels == normalized
                ? Optional.empty()
                : Optional.of("%s has %d channels, %s %d"
                        .formatted(match.weighted.label(), channels, match.normalization.label(), normalized));
    }
}
