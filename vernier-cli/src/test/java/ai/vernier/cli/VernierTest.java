package ai.vernier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class VernierTest {
    @TempDir
    private Path temporary = Path.of("");

    @Test
    void withoutACommandTheUsageIsShown() {
        Invocation run = Invocation.of();

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("Missing required subcommand");
        assertThat(run.out()).isEmpty();
    }

    @Test
    void unknownOptionsAreTheUsersInput() {
        Invocation run = Invocation.of("inspect", "model.onnx", "--plam");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("Unknown option: '--plam'").contains("vernier inspect --help");
        assertThat(run.out()).isEmpty();
    }

    @Test
    void withJsonEvenAWrongOptionAnswersOneObject() {
        Invocation run = Invocation.of("inspect", "--json", "--plam");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.json().path("command").asString()).isEqualTo("inspect");
        assertThat(run.json().path("error").path("exitCode").asInt()).isEqualTo(2);
        assertThat(run.json().path("error").path("problems").isArray()).isTrue();
    }

    @Test
    void everyCommandTeachesWithExamples() {
        CommandLine commandLine = new CommandLine(Vernier.class);
        commandLine.getSubcommands().forEach((name, command) -> {
            if (!name.equals("generate-completion")) {
                assertThat(Invocation.of(name, "--help").out()).contains("Examples:", "  vernier " + name);
            }
        });
    }

    @Test
    void completionScriptKnowsTheCommands() {
        assertThat(Invocation.of("generate-completion").out()).contains("inspect", "--stack-trace");
    }

    @Test
    void aMissingModelIsNamed() {
        Path missing = temporary.resolve("missing.onnx");

        Invocation run = Invocation.of("inspect", missing, "--json");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.json().path("error").path("problems").path(0).asString()).contains(missing.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "this is no model", "\0\0\0\0", "\u0008\u0007\u0012\u007fpytorch"})
    void aFileThatIsNoModelIsTheUsersInput(String content) throws IOException {
        Path file = Files.writeString(temporary.resolve("broken.onnx"), content);

        Invocation run = Invocation.of("inspect", file);

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains(file.toString());
        assertThat(run.out()).isEmpty();
    }
}
