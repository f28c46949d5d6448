package ai.vernier.bench.opsets;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.logging.Level;
import java.util.logging.Logger;

/// Draws nodes of every operator at every opset that changed it, and compares the engine with ONNX Runtime:
/// `OpsetExam CASES SEED [REGEX]` draws so many per operator and version, and prints what differs.
///
///     mvn -q -pl vernier-bench -am process-classes -Dbench.main=ai.vernier.bench.opsets.OpsetExam -Dbench.args="50 1"
public final class OpsetExam {
    private static final Logger ENGINE = Logger.getLogger("ai.vernier.engine");

    private OpsetExam() {}

    public static void main(String[] args) {
        ENGINE.setLevel(Level.WARNING);
        int cases = Integer.parseInt(args[0]);
        long seed = Long.parseLong(args[1]);
        String filter = args.length > 2 ? args[2] : ".*";
        Map<String, Integer> counts = new TreeMap<>();
        Map<String, Integer> reasons = new TreeMap<>();
        Map<String, Integer> judged = new LinkedHashMap<>();
        for (Question question : questions(cases, seed, filter)) {
            Verdict verdict = question.ask();
            counts.merge(verdict.getClass().getSimpleName(), 1, Integer::sum);
            judged.merge(question.version(), verdict instanceof Verdict.Agrees ? 1 : 0, Integer::sum);
            switch (verdict) {
                case Verdict.Agrees _ -> {}
                case Verdict.Refused(String ours, String theirs) ->
                    reasons.merge(
                            "REFUSED %s: %.90s | %.90s".formatted(question.version(), ours, theirs), 1, Integer::sum);
                case Verdict.Unjudged(String reason)
                when reason.contains("fails to run") ->
                    System.out.printf("%s%n    computed, but %s%n", question.sketch(), reason);
                case Verdict.Unjudged(String reason) ->
                    reasons.merge("UNJUDGED %s: %.160s".formatted(question.version(), reason), 1, Integer::sum);
                case Verdict.Differs(String how) -> System.out.printf("%s%n    %s%n", question.sketch(), how);
            }
        }
        reasons.forEach((reason, count) -> System.out.println(count + " " + reason));
        judged.forEach((version, count) -> {
            if (count == 0) {
                System.out.println("NEVER JUDGED " + version);
            }
        });
        System.out.println(counts);
    }

    /// One node to be drawn.
    record Question(Operator operator, long opset, long seed) {
        String version() {
            return operator.type() + "-" + opset;
        }

        Sketch sketch() {
            Draw draw = new Draw(seed);
            Sketch sketch = new Sketch(operator.type(), opset, draw);
            operator.drawing().draw(sketch, draw);
            return sketch;
        }

        Verdict ask() {
            return Judge.of(sketch());
        }
    }

    /// @param filter of the operators' names
    static List<Question> questions(int cases, long seed, String filter) {
        List<Question> questions = new ArrayList<>();
        for (Operator operator : Operators.all()) {
            if (!operator.type().matches(filter)) {
                continue;
            }
            for (long opset : operator.since()) {
                for (int i = 0; i < cases; i++) {
                    long own = seed * 1_000_003 + operator.type().hashCode() * 31L + opset * 7919 + i * 104_729L;
                    questions.add(new Question(operator, opset, own));
                }
            }
        }
        return questions;
    }
}
