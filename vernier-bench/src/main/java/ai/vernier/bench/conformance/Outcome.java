package ai.vernier.bench.conformance;

import ai.vernier.onnx.Model;

/// How one case ended.
///
/// @param detail why, in one line; empty where it passed natively
/// @param gradient `checked`, `differs: …`, `flows` or `none`; empty where nobody looked
public record Outcome(String caseName, State state, String detail, Model model, String gradient) {
    Outcome(String caseName, State state, String detail, Model model) {
        this(caseName, state, detail, model, "");
    }

    Outcome withGradient(String found) {
        return new Outcome(caseName, state, detail, model, found);
    }

    String toLine() {
        String why = gradient.startsWith("differs") ? "gradient " + gradient : detail;
        return why.isEmpty()
                ? "%-14s %s".formatted(state.text(), caseName)
                : "%-14s %s: %s".formatted(state.text(), caseName, why);
    }
}
