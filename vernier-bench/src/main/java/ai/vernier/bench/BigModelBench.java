package ai.vernier.bench;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.io.ExternalData;
import ai.vernier.onnx.io.OnnxReader;
import ai.vernier.onnx.io.OnnxWriter;
import ai.vernier.passes.RemoveIdentities;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// Reads a large synthetic model, rewrites its graph and writes it, and compares that with copying its files.
///
/// Arguments: folder with room for three times the model, weights in MB, `beside` or `inside` the model file, rounds.
/// To be run with a small heap, such as `-Xmx512m`: the peak of the heap is printed.
public final class BigModelBench {
    private static final int WEIGHT_MB = 64;
    private static final long SIDE = 4096;

    private final Path folder;
    private final ExternalData where;

    private BigModelBench(Path folder, ExternalData where) {
        this.folder = folder;
        this.where = where;
    }

    public static void main(String[] args) throws IOException {
        Path folder = Files.createDirectories(Path.of(args[0]));
        int megabytes = args.length > 1 ? Integer.parseInt(args[1]) : 3072;
        boolean inside = args.length > 2 && args[2].equals("inside");
        int rounds = args.length > 3 ? Integer.parseInt(args[3]) : 3;
        BigModelBench bench = new BigModelBench(
                folder,
                inside ? new ExternalData.Inside() : new ExternalData.Beside(ExternalData.Beside.MIN_THRESHOLD));
        OnnxWriter.write(network(megabytes / WEIGHT_MB), bench.source(), bench.where);
        bench.race(rounds);
    }

    private Path source() {
        return folder.resolve("big.onnx");
    }

    /// x → MatMul → Identity → MatMul → … with weights of 64 MB, which all lie in the same memory while they are made.
    private static Model network(int layers) {
        MemorySegment noise = Arena.ofAuto().allocate((long) WEIGHT_MB << 20, Long.BYTES);
        Random random = new Random(7);
        for (long at = 0; at < noise.byteSize(); at += Long.BYTES) {
            noise.set(ValueLayout.JAVA_LONG, at, random.nextLong() & 0x3FFF_FFFF_3FFF_FFFFL);
        }
        List<Node> nodes = new ArrayList<>();
        Map<String, TensorData> weights = new LinkedHashMap<>();
        String value = "x";
        for (int i = 0; i < layers; i++) {
            weights.put("w" + i, TensorData.ofBytes(DataType.FLOAT, noise, SIDE, SIDE));
            nodes.add(Node.of("layer " + i, "MatMul", List.of(value, "w" + i), List.of("m" + i)));
            nodes.add(Node.of("copy " + i, "Identity", List.of("m" + i), List.of("c" + i)));
            value = "c" + i;
        }
        Graph graph = new Graph(
                "big",
                List.of(Value.tensor("x", DataType.FLOAT, Shape.of(1, SIDE))),
                List.of(Value.tensor(value, DataType.FLOAT, Shape.of(1, SIDE))),
                nodes,
                weights,
                List.of(),
                Details.NONE);
        return Model.of(graph, 13);
    }

    private void race(int rounds) throws IOException {
        double copying = Double.POSITIVE_INFINITY;
        double rewriting = Double.POSITIVE_INFINITY;
        for (int i = 0; i < rounds; i++) {
            copying = Math.min(copying, seconds(this::copy));
            rewriting = Math.min(rewriting, seconds(this::rewrite));
        }
        System.out.printf("files                      %.2f GB%n", bytes() / 1e9);
        System.out.printf("copying the files          %.2f s%n", copying);
        System.out.printf("read, rewrite, write       %.2f s, %.2f times that%n", rewriting, rewriting / copying);
        System.out.printf(
                "peak heap                  %d MB of %d%n",
                peak() >> 20, Runtime.getRuntime().maxMemory() >> 20);
    }

    @FunctionalInterface
    private interface Work {
        void run() throws IOException;
    }

    private static double seconds(Work work) throws IOException {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1e9;
    }

    private List<Path> files() {
        return List.of(source(), folder.resolve("big.onnx.data")).stream()
                .filter(Files::exists)
                .toList();
    }

    private double bytes() throws IOException {
        double total = 0;
        for (Path file : files()) {
            total += Files.size(file);
        }
        return total;
    }

    private void copy() throws IOException {
        Path target = Files.createDirectories(folder.resolve("copy"));
        for (Path file : files()) {
            Files.copy(file, target.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private void rewrite() throws IOException {
        Path target = Files.createDirectories(folder.resolve("rewritten"));
        Model model = new RemoveIdentities().apply(OnnxReader.read(source())).model();
        OnnxWriter.write(model, target.resolve("big.onnx"), where);
    }

    /// The sum of the peaks of the heap's pools, which is at least the heap's peak.
    private static long peak() {
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .map(MemoryPoolMXBean::getPeakUsage)
                .mapToLong(usage -> usage.getUsed())
                .sum();
    }
}
