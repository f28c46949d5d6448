package ai.vernier.bench.accuracy;

import ai.vernier.data.ModelInputs;
import ai.vernier.onnx.Model;
import java.nio.file.Path;
import java.util.List;

/// Which network is judged by which task.
record Tasks(Path data, Path arrays) {
    /// Names of the models' files, in the order of the table.
    static final List<String> MODELS = List.of(
            "mobilenetv2_1.0_224",
            "resnet20",
            "resnet8_mlperftiny",
            "vit_pgd_2_3_16",
            "kws_dscnn",
            "vww_mobilenetv1_0.25_96",
            "mnist_cntk_opset8",
            "ppocr_mobile_v2.0_cls",
            "yolox_nano_416",
            "ultraface_rfb320",
            "ultraface_rfb320_simplified",
            "bodypix_mnv1_x050_s16",
            "espcn_x3",
            "stories260K_seq128",
            "nnsplit_en",
            "silero_vad_16k_static",
            "silero_vad_16k_op15",
            "gtcrn_simple");

    Task of(String name, Model model) {
        return switch (name) {
            case "yolox_nano_416" -> new ObjectDetection(data.resolve("coco"));
            case "ultraface_rfb320" -> new FaceDetection(data, false);
            case "ultraface_rfb320_simplified" -> new FaceDetection(data, true);
            case "bodypix_mnv1_x050_s16" -> new PersonSegmentation(data.resolve("coco"));
            case "espcn_x3" -> new SuperResolution(data);
            case "ppocr_mobile_v2.0_cls" -> new TextDirection(data.resolve("words"));
            case "stories260K_seq128" -> new NextToken(data.resolve("tinystories"));
            case "nnsplit_en" -> new SentenceSplitting(data.resolve("sentences/evaluation.tsv"));
            case "silero_vad_16k_static" -> new SpeechDetection(data.resolve("speech"), false);
            case "silero_vad_16k_op15" -> new SpeechDetection(data.resolve("speech"), true);
            case "gtcrn_simple" -> new SpeechEnhancement(data.resolve("speech/speech_60s.wav"));
            default -> new Classification(arrays.resolve(name), ModelInputs.of(model));
        };
    }
}
