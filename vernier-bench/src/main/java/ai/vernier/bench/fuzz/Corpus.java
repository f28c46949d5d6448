package ai.vernier.bench.fuzz;

import ai.vernier.onnx.io.OnnxText;
import ai.vernier.onnx.io.OnnxWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/// The models that are mutated: small ones that need no files, and, where they are at hand, the ONNX backend cases and
/// real networks.
///
/// @param groups each group is drawn as often as the others, whatever it holds
public record Corpus(List<List<Seed>> groups) {
    /// A model as it was before anybody mutated it. Small ones are held, large ones are read when needed.
    public interface Seed {
        String name();

        byte[] bytes() throws IOException;
    }

    private record Held(String name, String text) implements Seed {
        @Override
        public byte[] bytes() {
            return OnnxWriter.toBytes(OnnxText.parse(text));
        }
    }

    /// @param content nobody changes it
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record InMemory(String name, byte[] content) implements Seed {
        @Override
        public byte[] bytes() {
            return content.clone();
        }
    }

    private record InFile(Path file) implements Seed {
        @Override
        public String name() {
            return file.getFileName().toString();
        }

        @Override
        public byte[] bytes() throws IOException {
            return Files.readAllBytes(file);
        }
    }

    private record InZip(Path zip, String entry) implements Seed {
        @Override
        public String name() {
            return entry;
        }

        @Override
        public byte[] bytes() throws IOException {
            try (ZipFile file = new ZipFile(zip.toFile());
                    InputStream stream = file.getInputStream(file.getEntry(entry))) {
                return stream.readAllBytes();
            }
        }
    }

    public Corpus {
        groups = groups.stream().map(List::copyOf).toList();
    }

    /// The small models alone.
    public static Corpus small() {
        List<Seed> seeds = new ArrayList<>();
        SmallModels.TEXTS.forEach((name, text) -> seeds.add(new Held(name, text)));
        return new Corpus(List.of(seeds));
    }

    /// The small models, and what the folder of shared data holds.
    ///
    /// @param largestBytes larger real models are left out
    public static Corpus with(Path data, long largestBytes) throws IOException {
        List<List<Seed>> groups = new ArrayList<>(small().groups);
        List<Seed> cases = new ArrayList<>();
        for (Path zip : files(data.resolve("onnx-backend-tests"), ".zip")) {
            try (ZipFile file = new ZipFile(zip.toFile())) {
                file.stream()
                        .map(ZipEntry::getName)
                        .filter(name -> name.endsWith("/model.onnx"))
                        .sorted()
                        .forEach(name -> cases.add(new InZip(zip, name)));
            }
        }
        List<Seed> real = new ArrayList<>();
        for (Path file : files(data.resolve("models"), ".onnx")) {
            if (Files.size(file) <= largestBytes) {
                real.add(new InFile(file));
            }
        }
        Stream.of(cases, real).filter(group -> !group.isEmpty()).forEach(groups::add);
        return new Corpus(groups);
    }

    /// This corpus and one more group.
    Corpus with(List<Seed> group) {
        List<List<Seed>> more = new ArrayList<>(groups);
        more.add(group);
        return new Corpus(more);
    }

    private static List<Path> files(Path folder, String ending) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(ending))
                    .sorted()
                    .toList();
        }
    }

    Seed draw(Random random) {
        List<Seed> group = groups.get(random.nextInt(groups.size()));
        return group.get(random.nextInt(group.size()));
    }
}
