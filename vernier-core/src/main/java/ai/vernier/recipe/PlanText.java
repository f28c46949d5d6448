package ai.vernier.recipe;

import java.util.Map;

/// Prints a plan as a table: tensor, decision, and the rule that decided it.
final class PlanText {
    /// Names and decisions longer than this push their line out instead of widening the table.
    private static final int WIDEST = 48;

    private PlanText() {}

    static String print(Plan plan) {
        int nameWidth = "tensor".length();
        int decisionWidth = "decision".length();
        for (Map.Entry<String, Decision> entry : plan.tensors().entrySet()) {
            nameWidth = Math.max(nameWidth, Math.min(WIDEST, entry.getKey().length()));
            decisionWidth = Math.max(
                    decisionWidth, Math.min(WIDEST, describe(entry.getValue()).length()));
        }
        String line = "%%-%ds  %%-%ds  %%s%%n".formatted(nameWidth, decisionWidth);
        StringBuilder text = new StringBuilder(line.formatted("tensor", "decision", "rule"));
        plan.tensors()
                .forEach(
                        (tensor, decision) -> text.append(line.formatted(tensor, describe(decision), decision.rule())));
        return text.toString();
    }

    static String describe(Decision decision) {
        return switch (decision) {
            case Decision.Calibrated calibrated ->
                "%s %s".formatted(calibrated.spec().format().text(), calibrated.method());
            case Decision.Fixed fixed ->
                "%s [%s, %s]".formatted(fixed.spec().format().text(), fixed.min(), fixed.max());
            case Decision.SameAs same -> "= " + same.leader();
            case Decision.AccumulatorBias bias -> "int32 %s · %s".formatted(bias.input(), bias.weight());
            case Decision.KeepFloat _ -> "float";
        };
    }
}
