package ai.vernier.bench.digits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.vernier.data.Npy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BundledExampleTest {
    private static final Path FOLDER = Path.of(System.getProperty("vernier.root", ".."), "examples", "digits");

    @Test
    void theDataSetsAreWhatTheGeneratorDraws() {
        DigitSet calibration = new Digits(MakeDigits.CALIBRATION_SEED).draw(0, MakeDigits.CALIBRATION_COUNT);
        DigitSet evaluation = new Digits(MakeDigits.EVALUATION_SEED).draw(0, MakeDigits.EVALUATION_COUNT);
        assertThat(Npy.read(FOLDER.resolve("calibration.npy"))).isEqualTo(calibration.images());
        assertThat(Npy.read(FOLDER.resolve("evaluation.npy"))).isEqualTo(evaluation.images());
        assertThat(Npy.read(FOLDER.resolve("labels.npy"))).isEqualTo(evaluation.labels());
    }

    @Test
    void theModelReachesItsStatedAccuracy() throws IOException {
        DigitSet evaluation = new Digits(MakeDigits.EVALUATION_SEED).draw(0, MakeDigits.EVALUATION_COUNT);
        double accuracy =
                evaluation.accuracy(MakeDigits.onnxRuntimeLogits(FOLDER.resolve("digits.onnx"), evaluation.images()));
        // Rounding differs between processors; one image may change sides.
        assertThat(accuracy).isEqualTo(statedAccuracy(), within(1.5 / MakeDigits.EVALUATION_COUNT));
        // Good, yet with errors left, so that damage by quantization shows.
        assertThat(accuracy).isBetween(0.97, 0.999);
    }

    private static double statedAccuracy() throws IOException {
        Matcher matcher = Pattern.compile("top-1 (0\\.\\d+)").matcher(Files.readString(FOLDER.resolve("README.md")));
        assertThat(matcher.find()).isTrue();
        return Double.parseDouble(matcher.group(1));
    }

    @Test
    void theFolderStaysBelowTwoMegabytes() throws IOException {
        List<Path> files;
        try (Stream<Path> listing = Files.list(FOLDER)) {
            files = listing.toList();
        }
        long bytes = 0;
        for (Path file : files) {
            bytes += Files.size(file);
        }
        assertThat(bytes).isLessThan(2_000_000);
    }
}
