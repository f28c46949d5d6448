package ai.vernier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.data.ModelInputs;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.Value;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class InputArgumentsTest {
    @Test
    void theNameMayBeLeftOutForTheOnlyInput() {
        assertThat(InputArguments.bind(List.of("x.npy"), inputs("image"))).isEqualTo(Map.of("image", Path.of("x.npy")));
        assertThat(InputArguments.bind(List.of("image=x.npy"), inputs("image")))
                .isEqualTo(Map.of("image", Path.of("x.npy")));
        assertThat(InputArguments.bind(List.of("run=1/x.npy"), inputs("image")))
                .isEqualTo(Map.of("image", Path.of("run=1/x.npy")));
    }

    @Test
    void namesMayHoldEqualSigns() {
        assertThat(InputArguments.bind(List.of("a=b=x.npy", "a=y.npy"), inputs("a", "a=b")))
                .isEqualTo(Map.of("a=b", Path.of("x.npy"), "a", Path.of("y.npy")));
    }

    @Test
    void everyArgumentWithoutAnInputIsListed() {
        assertThatThrownBy(() -> InputArguments.bind(List.of("x.npy", "c=y.npy"), inputs("a", "b")))
                .isInstanceOfSatisfying(
                        InvalidInputException.class,
                        problem -> assertThat(problem.problems()).hasSize(2));
    }

    @Test
    void everyInputWithoutAnArgumentIsListed() {
        assertThatThrownBy(() -> InputArguments.bind(List.of("b=y.npy"), inputs("a", "b", "c")))
                .isInstanceOfSatisfying(
                        InvalidInputException.class,
                        problem -> assertThat(problem.problems())
                                .containsExactly(
                                        "--input a=FILE.npy is missing; the model takes 'a' float[1]",
                                        "--input c=FILE.npy is missing; the model takes 'c' float[1]"));
    }

    private static ModelInputs inputs(String... names) {
        return new ModelInputs(Stream.of(names)
                .map(name -> Value.tensor(name, DataType.FLOAT, Shape.of(1)))
                .toList());
    }
}
