package ai.vernier.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.vernier.data.Batch;
import ai.vernier.data.DataSources;
import ai.vernier.data.Labels;
import ai.vernier.data.ModelInputs;
import ai.vernier.data.Normalization;
import ai.vernier.data.SampleSource;
import ai.vernier.data.Score;
import ai.vernier.data.TopK;
import ai.vernier.engine.ort.OrtModel;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrepareDataTest {
    @TempDir
    private Path folder;

    @Test
    void channelsBecomePlanes() {
        TensorData images = TensorData.ofIntegers(DataType.UINT8, new long[] {1, 2, 3, 4, 5, 6, 7, 8}, 2, 1, 2, 2);
        Normalization normalization = new Normalization(2, List.of(0.0, 1.0), List.of(1.0, 0.5));
        assertThat(PrepareData.planes(images, normalization))
                .isEqualTo(TensorData.ofFloats(new float[] {2, 6, 6, 14, 10, 14, 22, 30}, 2, 2, 1, 2));
    }

    /// The figures of the data's README, reached by ONNX Runtime on the prepared arrays.
    @Test
    void everyNetworkReachesItsStatedAccuracy() throws IOException {
        Path data = Path.of(System.getProperty("vernier.root", ".."), "../shared/data");
        Assumptions.assumeTrue(Files.isDirectory(data), "needs " + data);
        new PrepareData(data, folder).prepareAll();
        Map<String, Double> stated = new LinkedHashMap<>();
        stated.put("mobilenetv2_1.0_224", 0.84);
        stated.put("resnet20", 0.91);
        stated.put("resnet8_mlperftiny", 0.89);
        stated.put("vit_pgd_2_3_16", 0.602);
        stated.put("vww_mobilenetv1_0.25_96", 0.8467);
        stated.put("kws_dscnn", 0.905);
        stated.put("mnist_cntk_opset8", 0.9891);
        SoftAssertions all = new SoftAssertions();
        stated.forEach((model, accuracy) -> {
            Score score = score(data.resolve("models"), model);
            // A decoder that rounds a pixel differently may move one sample.
            all.assertThat(score.value()).as(model).isEqualTo(accuracy, within(1.01 / score.samples()));
        });
        all.assertAll();
    }

    private Score score(Path models, String name) {
        Path file = models.resolve(name + ".onnx");
        ModelInputs inputs = ModelInputs.of(OnnxReader.read(file));
        Labels labels = Labels.read(folder.resolve(name).resolve("labels.npy"));
        Score score = Score.none("top1");
        try (OrtModel model = OrtModel.open(file, 0);
                SampleSource source = DataSources.open(folder.resolve(name).resolve("evaluation.npy"), inputs)) {
            labels.requireSize(source.size());
            for (Batch batch : source.batches(20)) {
                TensorData output =
                        model.run(batch.inputs()).values().iterator().next();
                score = score.merge(new TopK(1).measure(output, labels.range(batch.first(), batch.count())));
            }
        }
        return score;
    }
}
