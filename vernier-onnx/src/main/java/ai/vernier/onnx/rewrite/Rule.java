package ai.vernier.onnx.rewrite;

import ai.vernier.onnx.Node;
import java.util.Optional;

/// One local rewrite: pattern → check → rewrite. [RulePass] applies it all over a model.
///
/// @param <M> what the pattern binds: the nodes and constants of one match
public interface Rule<M> {
    /// Imperative, as in `FoldBatchNorm`.
    String name();

    /// What the pattern binds where it ends at `node`; empty where there is nothing to talk about.
    Optional<M> match(Node node, GraphEditor graph);

    /// Why the match must be left alone, in a sentence; empty to go ahead.
    Optional<String> objection(M match, GraphEditor graph);

    /// Edits the graph and says what was done.
    String rewrite(M match, GraphEditor graph);
}
