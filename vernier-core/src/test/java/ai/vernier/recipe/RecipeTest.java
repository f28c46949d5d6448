package ai.vernier.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.onnx.InvalidInputException;
import ai.vernier.target.Target;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecipeTest {
    private static final String WRITTEN = """
            vernier-recipe: 1
            per: tensor
            weight-bits: 4
            activation-method: percentile:99.99
            skip-passes: [FoldPad, FuseGemm]
            extra-passes: ReplaceBatchNorm
            newest-opset: 23
            calibration: {batch: 2}
            rules:
              - regex: '^layer1\\.'
                float: true
              - names: [conv1, "odd: name"]
                op-types: Conv
                activation-bits: 16
                float: false
            """;

    @Test
    void anEmptyFileIsTheTargetsDefaults() {
        assertThat(Recipe.parse("r.yaml", "")).isEqualTo(Recipe.defaults(Target.load("generic-int8")));
        assertThat(Recipe.parse("r.yaml", "").precision())
                .isEqualTo(new Precision(Per.CHANNEL, 8, 8, false, "minmax", "mse", false));
    }

    @Test
    void readsWhatIsWrittenAndDefaultsTheRest() {
        Recipe recipe = Recipe.parse("r.yaml", WRITTEN);

        assertThat(recipe.precision())
                .isEqualTo(new Precision(Per.TENSOR, 4, 8, false, "minmax", "percentile:99.99", false));
        assertThat(recipe.batch()).isEqualTo(2);
        assertThat(recipe.preparation().skipped()).containsExactly("FoldPad", "FuseGemm");
        assertThat(recipe.rules())
                .containsExactly(
                        Rule.of(Selector.ofRegex("^layer1\\."), new Setting.KeepFloat(true)),
                        Rule.of(
                                new Selector(List.of("conv1", "odd: name"), "", List.of("Conv")),
                                new Setting.ActivationBits(16),
                                new Setting.KeepFloat(false)));
    }

    @Test
    void whatIsWrittenReadsBackEqual() {
        Recipe recipe = Recipe.parse("r.yaml", WRITTEN)
                .with(Rule.of(
                        Selector.ofNames("true", "quote\"back\\slash", "12", "täb\t", "a:", "null"),
                        new Setting.WeightMethod("mse"),
                        new Setting.Symmetric(true),
                        new Setting.WeightsPer(Per.CHANNEL),
                        new Setting.WeightBits(2)));

        assertThat(Recipe.parse("resolved.yaml", recipe.toYaml())).isEqualTo(recipe);
    }

    @Test
    void preprocessingIsReadAndSpelledOut() {
        Recipe recipe = Recipe.parse("r.yaml", """
                preprocessing:
                  resize: 256
                  crop: 224x192
                  mean: [0.485, 0.456, 0.406]
                """);

        assertThat(recipe.preprocessing())
                .containsEntry("resize", "256")
                .containsEntry("mean", "0.485,0.456,0.406")
                .containsEntry("layout", "nchw");
        assertThat(Recipe.parse("resolved.yaml", recipe.toYaml())).isEqualTo(recipe);
        assertThatThrownBy(() -> Recipe.parse("r.yaml", "preprocessing: {resise: 256}"))
                .hasMessageContaining("r.yaml:1: preprocessing: ")
                .hasMessageContaining("resise");
    }

    @Test
    void theResolvedFileSpellsEveryDefaultOut() {
        assertThat(Recipe.defaults(Target.load("generic-int8")).toYaml()).isEqualTo("""
                vernier-recipe: 1
                target: generic-int8
                per: channel
                weight-bits: 8
                weight-method: minmax
                activation-bits: 8
                activation-method: mse
                symmetric: false
                bias-correction: true
                skip-passes: []
                extra-passes: []
                newest-opset: 21
                calibration:
                  batch: 8
                  samples: 0  # all
                rules: []
                """);
    }

    @Test
    void tellsAllProblemsOfAFileAtOnce() {
        assertThatThrownBy(() -> Recipe.parse("r.yaml", """
                vernier-recipe: 2
                target: generic-int9
                weight-bits: 1
                skip-passes: [FuseGem]
                rules:
                  - float: true
                  - regex: '['
                    names: x
                  - {names: [x], weightbits: 4}
                """))
                .isInstanceOfSatisfying(
                        InvalidInputException.class,
                        e -> assertThat(e.problems())
                                .satisfiesExactly(
                                        problem ->
                                                assertThat(problem).startsWith("r.yaml:1: vernier-recipe: found '2'"),
                                        problem -> assertThat(problem).startsWith("r.yaml:2: target: "),
                                        problem -> assertThat(problem).startsWith("r.yaml:3: weight-bits: found '1'"),
                                        problem -> assertThat(problem)
                                                .startsWith("r.yaml:4: skip-passes: found 'FuseGem'"),
                                        problem ->
                                                assertThat(problem).startsWith("r.yaml:6: rules[0]: selects nothing"),
                                        problem ->
                                                assertThat(problem).startsWith("r.yaml:7: rules[1].regex: found '['"),
                                        problem -> assertThat(problem).startsWith("r.yaml:7: rules[1]: sets nothing"),
                                        problem -> assertThat(problem).startsWith("r.yaml:9: rules[2]: sets nothing"),
                                        problem -> assertThat(problem)
                                                .isEqualTo("r.yaml:9: rules[2].weightbits: unknown key; "
                                                        + "did you mean 'weight-bits'?")));
    }
}
