package ai.vernier.bench.accuracy;

import ai.vernier.onnx.TensorData;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// YOLOX's raw output as detections (Ge et al. 2021, [YOLOX](https://arxiv.org/abs/2107.08430)): for cell (x, y) of the
/// grid with stride s, centre `(o + cell) · s`, size `exp(o) · s`, score `objectness · class`, the last two with their
/// sigmoid already applied; then per category the highest score suppresses what overlaps it.
final class YoloxDecoder {
    private static final int[] STRIDES = {8, 16, 32};
    private static final double MIN_SCORE = 0.01;
    private static final double MAX_OVERLAP = 0.65;
    private static final int MAX_DETECTIONS = 100;

    private final int size;

    /// @param size height and width of the network's input in pixels
    YoloxDecoder(int size) {
        this.size = size;
    }

    /// The detections in one image, highest score first, at most 100 (COCO's limit).
    ///
    /// @param output float[1,cells,5 + categories]
    /// @param scale pixels of the network's input per pixel of the image
    List<Detection> decode(TensorData output, int image, double scale) {
        int width = Math.toIntExact(output.dim(2));
        List<Detection> candidates = new ArrayList<>();
        int row = 0;
        float[] values = output.toFloats();
        for (int stride : STRIDES) {
            int side = size / stride;
            for (int cell = 0; cell < side * side; cell++) {
                int start = row * width;
                Box box = box(values, start, new Cell(cell % side, cell / side, stride / scale));
                for (int category = 0; category < width - 5; category++) {
                    double score = (double) values[start + 4] * values[start + 5 + category];
                    if (score >= MIN_SCORE) {
                        candidates.add(new Detection(image, category, score, box));
                    }
                }
                row++;
            }
        }
        return suppressed(candidates);
    }

    /// A cell of a grid; the stride in pixels of the image.
    private record Cell(int x, int y, double stride) {}

    private static Box box(float[] values, int start, Cell cell) {
        return Box.around(
                (values[start] + cell.x()) * cell.stride(),
                (values[start + 1] + cell.y()) * cell.stride(),
                Math.exp(values[start + 2]) * cell.stride(),
                Math.exp(values[start + 3]) * cell.stride());
    }

    private static List<Detection> suppressed(List<Detection> candidates) {
        candidates.sort(Comparator.comparingDouble(Detection::score).reversed());
        List<Detection> kept = new ArrayList<>();
        for (Detection candidate : candidates) {
            boolean free = kept.stream()
                    .noneMatch(other -> other.category() == candidate.category()
                            && other.box().overlap(candidate.box()) > MAX_OVERLAP);
            if (free) {
                kept.add(candidate);
            }
        }
        return kept.subList(0, Math.min(MAX_DETECTIONS, kept.size()));
    }
}
