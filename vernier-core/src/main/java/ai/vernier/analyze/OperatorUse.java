package ai.vernier.analyze;

import ai.vernier.engine.Runner;

/// What a model uses an operator for.
///
/// @param operator `Conv`, or `com.microsoft.Gelu` outside the default domain
/// @param nodes how many nodes apply it, those of sub-graphs and of called functions included
/// @param multiplyAccumulates of all its nodes of known shape
/// @param runner who computes it, of different ones the worst
public record OperatorUse(String operator, int nodes, long multiplyAccumulates, Runner runner) {
    OperatorUse merge(OperatorUse that) {
        Runner worse = runner.compareTo(that.runner) >= 0 ? runner : that.runner;
        return new OperatorUse(operator, nodes + that.nodes, multiplyAccumulates, worse);
    }
}
