package ai.vernier.data;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Dimension;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// Image files, one sample each, decoded and preprocessed when they are read, several at a time.
final class ImageFiles implements SampleArray {
    private final List<Path> paths;
    private final Preprocessing preprocessing;
    private final ExecutorService workers;

    private ImageFiles(List<Path> paths, ImageOptions options) {
        this.paths = List.copyOf(paths);
        this.preprocessing = options.preprocessing();
        this.workers = Executors.newFixedThreadPool(
                options.threads(),
                Thread.ofPlatform().daemon().name("images-", 0).factory());
    }

    /// @throws InvalidInputException with all files that do not exist
    static ImageFiles open(List<Path> paths, ImageOptions options) {
        ProblemList.throwIfAny(paths.stream()
                .filter(path -> !Files.isRegularFile(path))
                .map(path -> path + ": no such image; check the list")
                .toList());
        return new ImageFiles(paths, options);
    }

    @Override
    public String place() {
        return paths.getFirst() + (paths.size() == 1 ? "" : " …");
    }

    @Override
    public String place(long sample) {
        return paths.get((int) sample).toString();
    }

    @Override
    public DataType dataType() {
        return preprocessing.dataType();
    }

    @Override
    public Shape shape() {
        List<Dimension> size = heightAndWidth();
        Dimension samples = new Dimension.Known(paths.size());
        Dimension channels =
                new Dimension.Known(preprocessing.format().channels().count());
        return switch (preprocessing.format().layout()) {
            case NCHW -> new Shape(List.of(samples, channels, size.get(0), size.get(1)));
            case NHWC -> new Shape(List.of(samples, size.get(0), size.get(1), channels));
        };
    }

    /// Height and width where the preprocessing fixes them.
    private List<Dimension> heightAndWidth() {
        if (preprocessing.crop() instanceof Crop.Center(int height, int width)) {
            return Shape.of(height, width).dimensions();
        }
        return switch (preprocessing.resize()) {
            case Resize.Exact(int height, int width) -> Shape.of(height, width).dimensions();
            case Resize.Letterbox box -> Shape.of(box.height(), box.width()).dimensions();
            case Resize.Keep() -> List.of(new Dimension.Unknown(), new Dimension.Unknown());
            case Resize.ShortSide _ -> List.of(new Dimension.Unknown(), new Dimension.Unknown());
        };
    }

    @Override
    public TensorData rows(long first, int count) {
        List<CompletableFuture<TensorData>> pending = paths.subList((int) first, (int) first + count).stream()
                .map(path -> CompletableFuture.supplyAsync(() -> prepare(path), workers))
                .toList();
        List<String> problems = new ArrayList<>();
        List<TensorData> images = new ArrayList<>();
        for (CompletableFuture<TensorData> image : pending) {
            try {
                images.add(image.join());
            } catch (CompletionException e) {
                problems.addAll(problems(e));
            }
        }
        ProblemList.throwIfAny(problems);
        return joined(images, first);
    }

    private TensorData prepare(Path path) {
        return preprocessing.apply(ImageDecoder.decode(path), path.toString());
    }

    private static List<String> problems(CompletionException failure) {
        return switch (failure.getCause()) {
            case InvalidInputException invalid -> invalid.problems();
            case RuntimeException cause -> throw cause;
            case Error cause -> throw cause;
            case null, default -> throw failure;
        };
    }

    private TensorData joined(List<TensorData> images, long first) {
        long[] dims = images.getFirst().dims();
        int bytes = Math.toIntExact(images.getFirst().sizeBytes());
        byte[] rows = new byte[Math.multiplyExact(bytes, images.size())];
        for (int i = 0; i < images.size(); i++) {
            if (!Arrays.equals(images.get(i).dims(), dims)) {
                throw new InvalidInputException(
                        "%s: becomes %s, but %s of the same batch becomes %s; resize or crop to one size, or use batches of 1"
                                .formatted(place(first + i), images.get(i), place(first), images.getFirst()));
            }
            MemorySegment.copy(images.get(i).bytes(), 0, MemorySegment.ofArray(rows), (long) i * bytes, bytes);
        }
        dims[0] = images.size();
        return TensorData.ofBytes(dataType(), MemorySegment.ofArray(rows), dims);
    }

    @Override
    public void close() {
        workers.shutdown();
    }
}
