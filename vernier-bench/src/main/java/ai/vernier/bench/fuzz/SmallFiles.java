package ai.vernier.bench.fuzz;

import ai.vernier.data.Npy;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import ai.vernier.recipe.Recipe;
import ai.vernier.recipe.Rule;
import ai.vernier.recipe.Selector;
import ai.vernier.recipe.Setting;
import ai.vernier.target.Target;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/// Valid small files of every kind that is read besides models.
final class SmallFiles {
    private static final String ENCODINGS = """
            {
              "version": "1.0.0",
              "producer": {"package": "vernier", "version": "1"},
              "excluded_layers": ["head"],
              "quantizer_args": {"activation_bitwidth": 8, "dtype": "int", "is_symmetric": true},
              "activation_encodings": [
                {"name": "x", "enc_type": "PER_TENSOR", "dtype": "INT", "bw": 8, "is_sym": false, "scale": [0.5], "offset": [-128]},
                {"name": "y", "enc_type": "PER_TENSOR", "dtype": "FLOAT", "bw": 16}
              ],
              "param_encodings": [
                {"name": "w", "enc_type": "PER_CHANNEL", "dtype": "INT", "bw": 8, "is_sym": true, "scale": [1.5, 2e-3], "offset": [-128, -128]},
                {"name": "v", "enc_type": "PER_BLOCK", "dtype": "INT", "bw": 4, "is_sym": true, "scale": [1, 2, 3, 4], "offset": [-8, -8, -8, -8], "block_size": 16},
                {"name": "u", "enc_type": "LPBQ", "dtype": "INT", "bw": 8, "compressed_bw": 4, "is_sym": true, "scale": [1, 2], "offset": [-8, -8], "per_block_int_scale": [1, 2, 3, 4], "block_size": 16}
              ]
            }
            """;

    private SmallFiles() {}

    /// @param name what the file is called; its end decides how it is read
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Seed(String name, byte[] content) {
        boolean isText() {
            return name.endsWith(".yaml") || name.endsWith(".encodings");
        }
    }

    static List<Seed> all() {
        List<Seed> seeds = new ArrayList<>();
        try {
            arrays(seeds);
            images(seeds);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        seeds.add(text("recipe.yaml", recipe()));
        seeds.add(text("model.encodings", ENCODINGS));
        return seeds;
    }

    private static Seed text(String name, String content) {
        return new Seed(name, content.getBytes(StandardCharsets.UTF_8));
    }

    // ---- arrays

    private static void arrays(List<Seed> seeds) throws IOException {
        TensorData floats = TensorData.ofFloats(new float[5 * 3 * 4], 5, 3, 4);
        TensorData integers = TensorData.ofIntegers(DataType.INT16, new long[2 * 3 * 2 * 2], 2, 3, 2, 2);
        byte[] plain = npy(floats);
        seeds.add(new Seed("floats.npy", plain));
        seeds.add(new Seed("integers.npy", npy(integers)));
        seeds.add(new Seed("fortran.npy", replaced(plain, "False", "True ")));
        seeds.add(new Seed("bigendian.npy", replaced(plain, "<f4", ">f4")));
        seeds.add(new Seed("deflated.npz", npz(plain, ZipOutputStream.DEFLATED)));
        seeds.add(new Seed("stored.npz", npz(plain, ZipOutputStream.STORED)));
    }

    private static byte[] npy(TensorData tensor) throws IOException {
        Path file = Files.createTempFile("seed", ".npy");
        try {
            Npy.write(file, tensor);
            return Files.readAllBytes(file);
        } finally {
            Files.delete(file);
        }
    }

    private static byte[] replaced(byte[] content, String old, String changed) {
        return new String(content, StandardCharsets.ISO_8859_1)
                .replace(old, changed)
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] npz(byte[] array, int method) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            ZipEntry entry = new ZipEntry("x.npy");
            entry.setMethod(method);
            if (method == ZipOutputStream.STORED) {
                CRC32 checksum = new CRC32();
                checksum.update(array);
                entry.setSize(array.length);
                entry.setCrc(checksum.getValue());
            }
            zip.putNextEntry(entry);
            zip.write(array);
        }
        return bytes.toByteArray();
    }

    // ---- images

    private static void images(List<Seed> seeds) throws IOException {
        Map<String, Integer> kinds = Map.of(
                "colours", BufferedImage.TYPE_INT_RGB,
                "gray", BufferedImage.TYPE_BYTE_GRAY,
                "deep", BufferedImage.TYPE_USHORT_GRAY,
                "palette", BufferedImage.TYPE_BYTE_INDEXED,
                "bits", BufferedImage.TYPE_BYTE_BINARY,
                "alpha", BufferedImage.TYPE_INT_ARGB);
        for (String kind : kinds.keySet().stream().sorted().toList()) {
            BufferedImage image = new BufferedImage(19, 13, kinds.getOrDefault(kind, 1));
            for (int i = 0; i < 19 * 13; i++) {
                image.setRGB(i % 19, i / 19, 0xFF000000 | i * 66_041);
            }
            for (String format : List.of("png", "bmp", "jpg")) {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                if (ImageIO.write(image, format, bytes)) {
                    seeds.add(new Seed("%s.%s".formatted(kind, format), bytes.toByteArray()));
                }
            }
        }
        BufferedImage image = new BufferedImage(40, 24, BufferedImage.TYPE_INT_RGB);
        seeds.add(new Seed("progressive.jpg", progressive(image)));
    }

    private static byte[] progressive(BufferedImage image) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpg").next();
        try (ImageOutputStream stream = ImageIO.createImageOutputStream(bytes)) {
            writer.setOutput(stream);
            ImageWriteParam param = writer.getDefaultWriteParam();
            param.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
            writer.write(null, new IIOImage(image, null, null), param);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    // ---- texts

    private static String recipe() {
        Recipe recipe = Recipe.defaults(Target.load(Target.GENERIC_INT8))
                .with(new Setting.ActivationMethod("percentile:99.99"))
                .with(new Rule(new Selector(List.of("c"), "", List.of("Conv")), List.of(new Setting.KeepFloat(true))))
                .with(new Rule(new Selector(List.of(), "r|[a-f]+", List.of()), List.of(new Setting.WeightBits(4))))
                .withPreprocessing(Map.of("resize", "256", "crop", "224", "mean", ".485,.456,.406"));
        return recipe.toYaml();
    }
}
