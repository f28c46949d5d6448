package ai.vernier.bench.opsets;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.bench.conformance.Gradient;
import ai.vernier.engine.op.OpTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Some seeded random nodes of every operator and every opset since 7 that changed it.
class OpsetExamTest {
    private static final long SEED = 2024;

    /// Operators whose cases are the published ones or tests of their own.
    private static final Set<String> ELSEWHERE = Set.of(
            "BitCast", "CausalConvWithState", "LinearAttention", "SimplifiedLayerNormalization", "TfIdfVectorizer");

    /// Where LibTorch's own operator has no gradient either: the places of boxes.
    private static final Set<String> WITHOUT_ALL_GRADIENTS = Set.of("RoiAlign");

    private static final Logger ENGINE = Logger.getLogger("ai.vernier.engine");

    @BeforeAll
    static void keepQuietAboutFallbacks() {
        ENGINE.setLevel(Level.WARNING);
    }

    @Test
    void everyVersionComputesWhatOnnxRuntimeDoes() {
        List<String> wrong = new ArrayList<>();
        int agreed = 0;
        List<OpsetExam.Question> questions = OpsetExam.questions(2, SEED, ".*");
        for (OpsetExam.Question question : questions) {
            Verdict verdict = question.ask();
            agreed += verdict instanceof Verdict.Agrees ? 1 : 0;
            if (verdict instanceof Verdict.Differs(String how)) {
                wrong.add(question.sketch() + ": " + how);
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(questions).hasSizeGreaterThan(900);
        assertThat(agreed).as("judged").isGreaterThan(questions.size() * 9 / 10);
    }

    @Test
    void spoiledNodesAreRefusedInOurOwnWords() {
        List<String> unclear = new ArrayList<>();
        for (OpsetExam.Question question : OpsetExam.questions(1, SEED, ".*")) {
            Sketch sketch = question.sketch();
            Mutant mutant = Mutant.of(sketch);
            mutant.complaint().ifPresent(text -> unclear.add(sketch + ", " + mutant.how() + ": " + text));
        }
        assertThat(unclear).isEmpty();
    }

    @Test
    void gradientsAreThoseOfDifferenceQuotients() {
        List<String> wrong = new ArrayList<>();
        int agreed = 0;
        for (OpsetExam.Question question : OpsetExam.questions(1, SEED, ".*")) {
            Sketch sketch = question.sketch().withoutConstants();
            Optional<Gradient.Verdict> verdict = GradientExam.verdict(sketch);
            agreed += verdict.filter(Gradient.Verdict.Agrees.class::isInstance).isPresent() ? 1 : 0;
            boolean isWrong = verdict.filter(found ->
                            found instanceof Gradient.Verdict.Differs || found instanceof Gradient.Verdict.Lost)
                    .isPresent();
            if (isWrong && !WITHOUT_ALL_GRADIENTS.contains(sketch.type)) {
                wrong.add(sketch + ": " + verdict.get());
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(agreed).isGreaterThan(150);
    }

    @Test
    void noOperatorIsForgotten() {
        Set<String> examined = new TreeSet<>(ELSEWHERE);
        Operators.all().forEach(operator -> examined.add(operator.type()));
        Set<String> known = new TreeSet<>(OpTable.builtIn().versions().keySet());
        known.removeIf(type -> type.contains("."));
        known.addAll(Set.of("If", "Loop", "Scan"));
        assertThat(examined).isEqualTo(known);
    }
}
