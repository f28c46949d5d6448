package ai.vernier.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.vernier.data.Npy;
import ai.vernier.onnx.TensorData;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MoreSamplesTest {
    @TempDir
    private Path folder = Path.of("");

    @Test
    void everyRoundIsALittleBrighter() throws IOException {
        Path file = folder.resolve("more.npy");
        MoreSamples.write(TensorData.ofFloats(new float[] {1000, 0, -2000, 4000}, 2, 2), file, 5);
        TensorData more = Npy.read(file);
        assertThat(more.dims()).containsExactly(5, 2);
        assertThat(more.toFloats())
                .containsExactly(new float[] {1000, 0, -2000, 4000, 1001, 0, -2002, 4004, 1002, 0}, within(0.001f));
    }
}
