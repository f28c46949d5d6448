package ai.vernier.onnx.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.UnsupportedModelException;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 180, unit = TimeUnit.SECONDS)
class HostileInputTest {
    private static final long SEED = 20_26;
    private static final int MUTATIONS = 2500;

    private final byte[] bytes = OnnxWriter.toBytes(new GeneratedModels(SEED, true).model(1));
    private final Random random = new Random(SEED);

    @Test
    void aTruncatedFileIsRefused() {
        for (int length = 0; length < bytes.length; length += 1 + random.nextInt(16)) {
            byte[] truncated = Arrays.copyOf(bytes, length);
            // Cut between two fields of the model message, what remains may be a model in its own right.
            attempt(truncated, "length " + length);
        }
        assertThatThrownBy(() -> OnnxReader.read(Arrays.copyOf(bytes, bytes.length / 2)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("truncated");
    }

    @Test
    void flippedBytesAreRefusedOrReadAsAnotherModel() {
        int refused = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] mutated = bytes.clone();
            for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                mutated[random.nextInt(mutated.length)] ^= (byte) (1 << random.nextInt(8));
            }
            refused += attempt(mutated, "mutation " + i) ? 0 : 1;
        }
        assertThat(refused).isBetween(MUTATIONS / 10, MUTATIONS);
    }

    @Test
    void mutatedTextIsRefusedOrReadAsAnotherModel() {
        String text = OnnxText.print(new GeneratedModels(SEED, false).model(1));
        for (int i = 0; i < MUTATIONS / 4; i++) {
            StringBuilder mutated = new StringBuilder(text);
            int at = random.nextInt(text.length());
            mutated.setCharAt(at, text.charAt(random.nextInt(text.length())));
            if (random.nextInt(4) == 0) {
                mutated.setLength(at);
            }
            try {
                OnnxText.parse(mutated.toString());
            } catch (InvalidInputException | UnsupportedModelException e) {
                assertThat(e).hasMessageNotContaining("null");
            }
        }
    }

    @Test
    void functionsThatCallEachOtherWithoutEndAreRefused() {
        String text = """
                <ir_version: 8, opset_import: ["" : 13, "local" : 1]>
                g (float[2] x) => (float[2] y) { y = local.first (x) }
                <domain: "local", opset_import: ["local" : 1]>
                first (a) => (b) { b = local.second (a) }
                <domain: "local", opset_import: ["local" : 1]>
                second (a) => (b) { b = local.%s (a) }
                <domain: "local", opset_import: ["" : 13]>
                third (a) => (b) { b = Relu (a) }
                """;
        assertThatThrownBy(() -> OnnxText.parse(text.formatted("first")))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("function 'first': its calls never end")
                .hasMessageContaining("function 'second': its calls never end")
                .hasMessageNotContaining("third");
        assertThat(OnnxText.parse(text.formatted("third")).functions()).hasSize(3);
    }

    @Test
    void longChainsOfCallsTakeNoTime() {
        int length = 20_000;
        StringBuilder text = new StringBuilder("<ir_version: 8, opset_import: [\"local\" : 1]>\n");
        text.append("g (float[2] x) => (float[2] y) { y = local.f0 (x) }\n");
        for (int i = 0; i < length; i++) {
            text.append("<domain: \"local\", opset_import: [\"local\" : 1]>\n")
                    .append("f%d (a) => (b) { b = local.f%d (a) }\n".formatted(i, i + 1));
        }
        assertThat(OnnxText.parse(text.toString()).functions()).hasSize(length);
    }

    /// Whether `mutated` is a model; what is one can be written and read again.
    private static boolean attempt(byte[] mutated, String what) {
        try {
            Model model = OnnxReader.read(mutated);
            assertThat(OnnxReader.read(OnnxWriter.toBytes(model))).as(what).isEqualTo(model);
            return true;
        } catch (InvalidInputException | UnsupportedModelException e) {
            assertThat(e.getMessage()).as(what).startsWith("model: ");
            return false;
        } catch (RuntimeException e) {
            return fail("seed " + SEED + ", " + what, e);
        }
    }
}
