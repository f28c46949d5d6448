package ai.vernier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.onnx.InvalidInputException;
import ai.vernier.recipe.Per;
import ai.vernier.recipe.Recipe;
import ai.vernier.recipe.Rule;
import ai.vernier.recipe.Selector;
import ai.vernier.recipe.Setting;
import ai.vernier.target.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class RecipeOptionsTest {
    @TempDir
    private Path temporary = Path.of("");

    @Test
    void withoutFlagsTheTargetDecides() {
        assertThat(parse().recipe(null)).isEqualTo(Recipe.defaults(Target.load(Target.GENERIC_INT8)));
    }

    @Test
    void flagsBecomeSettings() {
        Recipe recipe = parse(
                        "--per",
                        "tensor",
                        "--weight-bits",
                        "4",
                        "--activation-bits",
                        "16",
                        "--symmetric",
                        "--method",
                        "mse",
                        "--weight-method",
                        "minmax")
                .recipe(null);

        assertThat(recipe.precision().per()).isEqualTo(Per.TENSOR);
        assertThat(recipe.precision().weightBits()).isEqualTo(4);
        assertThat(recipe.precision().activationBits()).isEqualTo(16);
        assertThat(recipe.precision().symmetric()).isTrue();
        assertThat(recipe.precision().activationMethod()).isEqualTo("mse");
        assertThat(recipe.precision().weightMethod()).isEqualTo("minmax");
    }

    @Test
    void flagsWinOverTheFileAndIncludesOverExcludes() throws IOException {
        Path file = Files.writeString(temporary.resolve("r.yaml"), "weight-bits: 6\nactivation-bits: 10\n");

        Recipe recipe = parse(
                        "--recipe", file.toString(), "--weight-bits", "4", "--include", "a", "--exclude-op", "Conv")
                .recipe(null);

        assertThat(recipe.precision().weightBits()).isEqualTo(4);
        assertThat(recipe.precision().activationBits()).isEqualTo(10);
        assertThat(recipe.rules())
                .containsExactly(
                        Rule.of(Selector.ofOperators("Conv"), new Setting.KeepFloat(true)),
                        Rule.of(Selector.ofNames("a"), new Setting.KeepFloat(false)));
    }

    @Test
    void passesAreSkippedByName() {
        assertThat(parse("--skip-pass", "FoldPad", "--skip-pass", "FuseGemm")
                        .recipe(null)
                        .preparation()
                        .skipped())
                .containsExactly("FoldPad", "FuseGemm");
        assertThat(parse("--extra-pass", "ReplaceBatchNorm")
                        .recipe(null)
                        .preparation()
                        .extra())
                .containsExactly("ReplaceBatchNorm");
        assertThatThrownBy(() -> parse("--extra-pass", "FoldPad").recipe(null))
                .hasMessageContaining("--extra-pass: found 'FoldPad', expected one of ReplaceBatchNorm");
        assertThat(parse("--newest-opset", "23").recipe(null).preparation().newestOpset())
                .isEqualTo(23);
        assertThatThrownBy(() -> parse("--newest-opset", "25").recipe(null))
                .hasMessageContaining("--newest-opset: found 25, expected 7 to 24");
        assertThatThrownBy(() -> parse("--skip-pass", "FoldPats").recipe(null))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("--skip-pass: found 'FoldPats', expected one of FoldConstants, ")
                .hasMessageContaining("did you mean 'FoldPad'");
    }

    @Test
    void everyWrongFlagIsListed() {
        RecipeOptions options = parse("--weight-bits", "1", "--activation-bits", "17", "--exclude-regex", "(");

        assertThatThrownBy(() -> options.recipe(null))
                .isInstanceOfSatisfying(
                        InvalidInputException.class,
                        problem -> assertThat(problem.problems())
                                .hasSize(3)
                                .anyMatch(text -> text.contains("--weight-bits: found 1"))
                                .anyMatch(text -> text.contains("--activation-bits: found 17"))
                                .anyMatch(text -> text.contains("--exclude-regex '('")));
    }

    private static RecipeOptions parse(String... args) {
        Host host = new Host();
        new CommandLine(host).setCaseInsensitiveEnumValuesAllowed(true).parseArgs(args);
        return host.options;
    }

    @Command(name = "host")
    private static final class Host {
        @Mixin
        private RecipeOptions options = new RecipeOptions();
    }
}
