package ai.vernier.bench.fuzz;

import ai.vernier.data.Batch;
import ai.vernier.data.DataSources;
import ai.vernier.data.ImageOptions;
import ai.vernier.data.ModelInputs;
import ai.vernier.data.Npy;
import ai.vernier.data.Preprocessing;
import ai.vernier.data.SampleSource;
import ai.vernier.export.EncodingsFile;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Dimension;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.io.OnnxText;
import ai.vernier.recipe.PlanResolver;
import ai.vernier.recipe.Recipe;
import ai.vernier.target.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// Mutated files of the other kinds that a user hands over: arrays, images, recipes and encodings.
final class FileSeries implements Series {
    /// The first numbers of generators with neighbouring seeds are much alike.
    private static final long SPREAD = 0x9E37_79B9_7F4A_7C15L;

    private static final List<Preprocessing> PREPROCESSINGS =
            List.of(Preprocessing.parse(Map.of()), Preprocessing.IMAGENET, Preprocessing.parse(Map.of("resize", "64")));

    private final List<SmallFiles.Seed> seeds = SmallFiles.all();
    private final Model planned = OnnxText.parse(SmallModels.TEXTS.getOrDefault("convolutions", ""));

    @Override
    public Mutant input(long seed, long index) {
        Random random = new Random(seed * 1_000_003 + index);
        SmallFiles.Seed chosen = seeds.get(random.nextInt(seeds.size()));
        return new Mutant(chosen.name(), new FileMutator(random).mutate(chosen.content(), chosen.isText()));
    }

    @Override
    public Trial.Verdict trial(Mutant mutant, long seed) throws IOException {
        Path folder = Files.createTempDirectory("fuzz");
        Path file = folder.resolve(mutant.origin());
        try {
            Files.write(file, mutant.input());
            return Trial.judged(() -> {
                read(file, new Random(seed * SPREAD));
                return Trial.Verdict.RAN;
            });
        } finally {
            Files.deleteIfExists(file);
            Files.delete(folder);
        }
    }

    private void read(Path file, Random random) {
        String name = file.getFileName().toString();
        switch (name.substring(name.lastIndexOf('.') + 1)) {
            case "yaml" -> {
                Recipe recipe = Recipe.read(file);
                PlanResolver.resolve(recipe, planned, Target.load(recipe.target()));
                Recipe.parse("written again", recipe.toYaml());
            }
            case "encodings" -> EncodingsFile.read(file);
            case "npy" -> {
                Npy.read(file);
                samples(file, random, null);
            }
            case "npz" -> {
                Npy.readAll(file);
                samples(file, random, null);
            }
            default ->
                samples(file, random, new ImageOptions(PREPROCESSINGS.get(random.nextInt(PREPROCESSINGS.size())), 1));
        }
    }

    private static void samples(Path file, Random random, @Nullable ImageOptions images) {
        Shape shape = random.nextBoolean()
                ? new Shape(List.of(new Dimension.Symbolic("N"), new Dimension.Known(3), new Dimension.Unknown()))
                : new Shape(List.of(
                        new Dimension.Unknown(),
                        new Dimension.Unknown(),
                        new Dimension.Unknown(),
                        new Dimension.Unknown()));
        ModelInputs inputs = new ModelInputs(
                List.of(Value.tensor("x", random.nextInt(4) == 0 ? DataType.INT32 : DataType.FLOAT, shape)));
        try (SampleSource source = DataSources.open(file, inputs, images).limit(64)) {
            for (Batch _ : source.batches(8)) {
                // Reading checks every element.
            }
        }
    }
}
